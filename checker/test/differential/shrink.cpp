// Greedy delta debugging (after Zeller and Hildebrandt, 2002), on the structure that braces and parentheses show.
#include "shrink.h"

#include <algorithm>
#include <vector>

namespace quire {

namespace {

using Lines = std::vector<std::string>;

Lines split(const std::string& text) {
    Lines lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string join(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

class Shrinker {
public:
    Shrinker(Lines lines, const std::function<bool(const std::string&)>& fails, unsigned budget)
        : lines_(std::move(lines)), fails_(fails), budget_(budget) {}

    std::string run() {
        bool smaller = true;
        while (smaller && budget_ > 0) {
            smaller = false;
            for (std::size_t i = lines_.size(); i-- > 0;) smaller = i < lines_.size() && shrink_at(i) ? true : smaller;
            if (smaller) continue;
            for (std::size_t i = lines_.size(); i-- > 0;) smaller = shrink_parentheses(i) ? true : smaller;
        }
        return join(lines_);
    }

private:
    bool attempt(const Lines& candidate) {
        if (budget_ == 0) return false;
        --budget_;
        if (!fails_(join(candidate))) return false;
        lines_ = candidate;
        return true;
    }

    static int depth_of(const std::string& line) {
        return static_cast<int>(std::count(line.begin(), line.end(), '{')) -
               static_cast<int>(std::count(line.begin(), line.end(), '}'));
    }

    // The last line of the block that begins at line i; i if none does.
    std::size_t end_of(std::size_t i) const {
        int depth = 0;
        for (std::size_t j = i; j < lines_.size(); ++j) {
            depth += depth_of(lines_[j]);
            if (depth <= 0) return j;
        }
        return i;
    }

    bool shrink_at(std::size_t i) {
        std::size_t end = end_of(i);
        Lines without(lines_);
        auto at = [&](Lines& lines, std::size_t n) { return lines.begin() + static_cast<std::ptrdiff_t>(n); };
        without.erase(at(without, i), at(without, end + 1));
        if (attempt(without)) return true;
        if (end == i) return false;
        Lines unwrapped(lines_);  // the inside stays
        unwrapped.erase(at(unwrapped, end));
        unwrapped.erase(at(unwrapped, i));
        return attempt(unwrapped);
    }

    // A pair of parentheses becomes 0, or loses what stands before or after an operator in it.
    bool shrink_parentheses(std::size_t i) {
        const std::string line = lines_[i];
        for (std::size_t open = line.find('('); open != std::string::npos; open = line.find('(', open + 1)) {
            int depth = 0;
            std::size_t close = open;
            for (; close < line.size(); ++close) {
                depth += line[close] == '(' ? 1 : line[close] == ')' ? -1 : 0;
                if (depth == 0) break;
            }
            if (close == line.size()) return false;
            std::string inside = line.substr(open + 1, close - open - 1);
            for (const std::string& instead : candidates(inside)) {
                Lines changed(lines_);
                changed[i] = line.substr(0, open) + instead + line.substr(close + 1);
                if (changed[i].size() < line.size() && attempt(changed)) return true;
            }
        }
        return false;
    }

    static std::vector<std::string> candidates(const std::string& inside) {
        std::vector<std::string> all = {"0", "(0)", "(1)", "()", "(NULL)", inside};
        int depth = 0;
        for (std::size_t k = 0; k + 3 < inside.size(); ++k) {
            depth += inside[k] == '(' ? 1 : inside[k] == ')' ? -1 : 0;
            if (depth != 0 || inside[k] != ' ') continue;
            std::size_t next = inside.find(' ', k + 1);
            if (next == std::string::npos || next - k > 3) continue;
            all.push_back("(" + inside.substr(0, k) + ")");
            all.push_back("(" + inside.substr(next + 1) + ")");
        }
        return all;
    }

    Lines lines_;
    const std::function<bool(const std::string&)>& fails_;
    unsigned budget_;
};

}  // namespace

std::string shrink(const std::string& text, const std::function<bool(const std::string&)>& fails, unsigned budget) {
    return Shrinker(split(text), fails, budget).run();
}

}  // namespace quire
