#include "explore/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <xxhash.h>

#include "explore/bytecode.h"
#include "explore/compile.h"
#include "support/budget.h"
#include "support/cpu_time.h"

namespace quire::explore {

namespace {

// Writing shall not take more than a twentieth of the time.
constexpr double kShareOfWriting = 20;
// Until it is measured.
constexpr double kBytesPerSecond = 250e6;
// Of a limit of time, at most so much is left for the last checkpoint.
constexpr double kReservedShare = 0.3;
// A last checkpoint may take so much longer than the limit.
constexpr std::chrono::milliseconds kOverTime{400};

// Whatever the order of states in levels, their number and their meaning depend on.
std::string checksum_of(const TransitionSystem& system, const Bytecode& code) {
    WordWriter sum;
    sum.put_text(to_string(system));
    for (const Variable& v : system.variables) {
        for (std::uint64_t word : {std::uint64_t{v.base}, std::uint64_t{v.count}, std::uint64_t{static_cast<unsigned>(v.kind)},
                                   static_cast<std::uint64_t>(v.lo), static_cast<std::uint64_t>(v.hi)})
            sum.put(word);
    }
    for (const Repetition& r : system.repetitions) {
        for (std::uint64_t word : {std::uint64_t{static_cast<unsigned>(r.kind)}, std::uint64_t{r.base}, std::uint64_t{r.stride},
                                   std::uint64_t{r.count}, std::uint64_t{r.group}, std::uint64_t{r.first_thread}})
            sum.put(word);
    }
    for (Value v : system.initial) sum.put(static_cast<std::uint64_t>(v));
    for (const SystemProperty& p : system.properties) sum.put(p.enabled ? 1 : 0);
    for (const BytecodeInstruction& i : code.code) {
        for (std::uint32_t word : {static_cast<std::uint32_t>(i.opcode), i.d, i.a, i.b, i.c, i.e}) sum.put(word);
    }
    for (Value v : code.tables) sum.put(static_cast<std::uint64_t>(v));
    for (Value v : code.frame) sum.put(static_cast<std::uint64_t>(v));
    std::ostringstream out;
    out << std::hex << XXH3_64bits(sum.words().data(), sum.words().size() * sizeof(std::uint64_t));
    return out.str();
}

// The first line in which they differ, of both.
std::string difference(const std::string& kept, const std::string& wanted) {
    std::istringstream a(kept), b(wanted);
    std::string x, y;
    for (;;) {
        const bool more_a = static_cast<bool>(std::getline(a, x)), more_b = static_cast<bool>(std::getline(b, y));
        if (!more_a && !more_b) return {};
        if (more_a != more_b || x != y) break;
    }
    return "it is of '" + x + "' and not of '" + y + "'";
}

void put_ranges(WordWriter& out, const std::vector<ObservedRange>& ranges) {
    out.put(ranges.size());
    for (const ObservedRange& r : ranges) {
        out.put(static_cast<std::uint64_t>(r.lo));
        out.put(static_cast<std::uint64_t>(r.hi));
    }
}

std::vector<ObservedRange> get_ranges(WordReader& in, std::size_t cells) {
    std::vector<ObservedRange> ranges(in.get_count());
    if (ranges.size() != cells) in.fail();
    for (ObservedRange& r : ranges) {
        r.lo = static_cast<Value>(in.get());
        r.hi = static_cast<Value>(in.get());
    }
    return ranges;
}

std::vector<std::uint64_t> stage_words(const SearchStage& stage, const std::vector<std::uint64_t>& layout) {
    WordWriter out;
    for (bool flag : {stage.is_long, stage.may_reduce, stage.reduces, stage.is_tight}) out.put(flag ? 1 : 0);
    out.put(stage.restarts);
    out.put(stage.restarts_of_long);
    out.put_text(stage.why_not_reduced);
    put_ranges(out, stage.seen);
    put_ranges(out, stage.laid_out_for);
    out.put_words(layout);
    return out.words();
}

bool read_stage(const std::vector<std::uint64_t>& words, std::size_t cells, SearchStage& stage,
                std::vector<std::uint64_t>& layout) {
    WordReader in(words);
    for (bool* flag : {&stage.is_long, &stage.may_reduce, &stage.reduces, &stage.is_tight}) *flag = in.get() != 0;
    stage.restarts = static_cast<std::uint32_t>(in.get());
    stage.restarts_of_long = static_cast<std::uint32_t>(in.get());
    stage.why_not_reduced = in.get_text();
    stage.seen = get_ranges(in, cells);
    stage.laid_out_for = get_ranges(in, cells);
    layout = in.get_words();
    return in.complete();
}

std::vector<std::uint64_t> mark_words(const LevelMark& mark, double cpu_seconds, std::uint64_t states) {
    WordWriter out;
    const WorkDone& done = mark.done;
    out.put(mark.depth);
    for (std::uint64_t count :
         {done.transitions, done.assumed_away, done.silently_ended, done.exhausted, done.too_long,
          std::uint64_t{done.exhausted_site}, std::uint64_t{done.cut_off ? 1u : 0u}, done.moves, done.left_out})
        out.put(count);
    mark.findings.write(out);
    out.put_text({reinterpret_cast<const char*>(mark.flags.data()), mark.flags.size()});
    out.put(mark.unknown_truths);
    out.put_double(cpu_seconds);
    out.put(states);
    return out.words();
}

bool read_mark(const std::vector<std::uint64_t>& words, LevelMark& mark, double& cpu_seconds, std::uint64_t& states) {
    WordReader in(words);
    WorkDone& done = mark.done;
    mark.depth = static_cast<std::uint32_t>(in.get());
    for (std::uint64_t* count : {&done.transitions, &done.assumed_away, &done.silently_ended, &done.exhausted, &done.too_long})
        *count = in.get();
    done.exhausted_site = static_cast<std::uint32_t>(in.get());
    done.cut_off = in.get() != 0;
    done.moves = in.get();
    done.left_out = in.get();
    mark.findings.read(in);
    const std::string flags = in.get_text();
    mark.flags.assign(flags.begin(), flags.end());
    mark.unknown_truths = in.get();
    cpu_seconds = in.get_double();
    states = in.get();
    return in.complete();
}

}  // namespace

std::vector<std::uint64_t> layout_words(const PackedLayout& layout) {
    std::vector<std::uint64_t> words{layout.words(), layout.bits()};
    for (const Field& f : layout.fields()) {
        words.push_back(static_cast<std::uint64_t>(f.lo));
        words.push_back(std::uint64_t{f.word} << 32 | std::uint64_t{f.shift} << 16 | f.bits);
    }
    return words;
}

Checkpoints::Checkpoints(const TransitionSystem& system, const SearchOptions& options, Watch& watch, const Crew& crew)
    : system_(system),
      search_(options),
      options_(options.checkpoint),
      watch_(watch),
      crew_(crew),
      started_(Clock::now()),
      cpu_at_start_(thread_cpu_seconds()),
      last_(started_),
      bytes_per_second_(kBytesPerSecond) {}

// Made when it is needed: most searches are over long before.
const std::string& Checkpoints::identity() {
    if (!identity_.empty()) return identity_;
    std::ostringstream out;
    out << options_.identity;
    if (!options_.identity.empty() && options_.identity.back() != '\n') out << '\n';
    out << "symmetry " << (search_.symmetry ? "on" : "off") << '\n';
    out << "partial-order reduction " << (search_.partial_order ? "on" : "off") << '\n';
    out << "store " << (search_.fingerprints ? "fingerprint" : "exact") << '\n';
    out << "steps by " << (search_.plain_successors ? "execute" : "bytecode") << '\n';
    if (search_.budget.max_depth != Budget::kUnlimited) out << "depth " << search_.budget.max_depth << '\n';
    out << "proved";
    for (PropertyNumber p : search_.discharged) out << ' ' << p;
    out << "\ntransition system " << checksum_of(system_, compile(system_, false)) << '\n';
    return identity_ = out.str();
}

// ----------------------------------------------------------------------------------------------------------- going on

void Checkpoints::refuse(const std::string& why) {
    report_.refused = why;
    report_.resumed = resumes_ = false;
}

// False: it is damaged, or refused.
bool Checkpoints::read(const std::string& path, SearchStage& stage, LevelMark& mark) {
    auto damaged = [&](const std::string& why) {
        report_.damaged.push_back("'" + path + "': " + why);
        return false;
    };
    auto take = [&](BlockKind kind) { return reader_.next(block_) && block_.kind == kind; };
    if (reader_.open(path) == CheckpointReader::Opened::kDamaged) return damaged(reader_.problem());
    if (!take(BlockKind::kIdentity)) return damaged("it is damaged");
    WordReader in(block_.words);
    const std::string differs = difference(in.get_text(), identity());
    if (!differs.empty()) {
        refuse("'" + path + "': " + differs);
        return false;
    }
    // Those checksums were right: another version of the program wrote it.
    if (!take(BlockKind::kStage) || !read_stage(block_.words, system_.cell_count(), stage, layout_))
        return damaged("another version wrote it");
    if (!take(BlockKind::kMark) || !read_mark(block_.words, mark, report_.cpu_seconds_before, report_.resumed_states))
        return damaged("another version wrote it");
    report_.resumed_depth = mark.depth;
    report_.kept = path;
    report_.kept_states = report_.resumed_states;
    return true;
}

bool Checkpoints::open(SearchStage& stage, LevelMark& mark) {
    if (!wanted() || !options_.resume) return true;
    bool any = false;
    for (const std::string& path : {options_.path, options_.path + ".old"}) {
        if (CheckpointReader().open(path) == CheckpointReader::Opened::kMissing) continue;
        any = true;
        SearchStage read_stage;
        LevelMark read_mark(system_.properties.size());
        if (read(path, read_stage, read_mark)) {
            report_.resumed = resumes_ = true;
            stage = std::move(read_stage);
            mark = std::move(read_mark);
            return true;
        }
        if (!report_.refused.empty()) return false;
        newest_is_good_ = false;
    }
    if (!any) return true;
    std::string why;
    for (const std::string& one : report_.damaged) why += (why.empty() ? "" : "; ") + one;
    report_.damaged.clear();
    refuse(why);
    return false;
}

const CheckpointReader::Block* Checkpoints::next_states(bool& failed) {
    failed = !reader_.next(block_);
    if (failed || block_.kind != BlockKind::kStates) return nullptr;
    return &block_;
}

// ------------------------------------------------------------------------------------------------------------ keeping

void Checkpoints::begin(const SearchStage& stage, const PackedLayout& layout) {
    layout_ = layout_words(layout);
    stage_ = stage;
    mark_.reset();
}

double Checkpoints::seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

std::uint64_t Checkpoints::states_below(const LevelStore& levels) const {
    std::uint64_t states = 0;
    for (std::size_t l = 0; l <= mark_->depth; ++l) states += levels.size(l);
    return states;
}

void Checkpoints::reserve_time(const LevelStore& levels) {
    const double bytes = static_cast<double>(states_below(levels) * levels.words() * sizeof(std::uint64_t));
    watch_.reserve(std::chrono::duration<double>(bytes / bytes_per_second_), kReservedShare);
}

void Checkpoints::pass(LevelMark mark, const LevelStore& levels) {
    const bool first = !mark_.has_value();
    mark_ = std::move(mark);
    written_ = false;
    const Clock::time_point now = Clock::now();
    const double since = std::chrono::duration<double>(now - last_).count();
    const bool resumed_here = first && report_.resumed && report_.resumed_depth == mark_->depth;
    if (resumed_here) written_ = true;
    const double wait = options_.every_seconds > 0 ? std::max(options_.every_seconds, kShareOfWriting * write_seconds_) : 0;
    if (!resumed_here && since >= wait) write(levels);
    reserve_time(levels);
}

void Checkpoints::leave(const LevelStore& levels) {
    if (!mark_ || written_ || seconds() < options_.from_seconds) return;
    write(levels);
}

void Checkpoints::write_states(const LevelStore& levels, CheckpointWriter& file) const {
    std::vector<std::uint64_t> buffer;
    for (std::uint32_t l = 0; l <= mark_->depth && file.problem().empty(); ++l) {
        for (const LevelStore::Block& block : levels.blocks(l)) {
            const std::uint64_t* words = levels.read(block, buffer);
            if (words == nullptr) return file.fail("older states cannot be read any more");
            file.block(BlockKind::kStates, l, {words, block.states() * levels.words()});
        }
    }
}

void Checkpoints::write(const LevelStore& levels) {
    const Clock::time_point begin = Clock::now();
    std::optional<Clock::time_point> give_up_at = watch_.deadline();
    if (give_up_at) *give_up_at = std::max(*give_up_at + kOverTime, begin + kOverTime);
    const std::uint64_t states = states_below(levels);
    CheckpointWriter file(options_.path, give_up_at);
    std::error_code error;
    const std::filesystem::path directory = std::filesystem::path(options_.path).parent_path();
    const std::filesystem::space_info space = std::filesystem::space(directory.empty() ? "." : directory, error);
    // Better not to fill the disk at all than until it is full.
    if (!error && space.available < states * levels.words() * sizeof(std::uint64_t)) file.fail("the disk is full");
    WordWriter who;
    who.put_text(identity());
    file.block(BlockKind::kIdentity, 0, who.words());
    file.block(BlockKind::kStage, 0, stage_words(stage_, layout_));
    const double cpu = report_.cpu_seconds_before + thread_cpu_seconds() - cpu_at_start_ + crew_.cpu_seconds();
    file.block(BlockKind::kMark, mark_->depth, mark_words(*mark_, cpu, states));
    write_states(levels, file);
    const bool good = file.finish(newest_is_good_);
    last_ = Clock::now();
    write_seconds_ = std::chrono::duration<double>(last_ - begin).count();
    if (!good) {
        report_.not_kept = "'" + options_.path + "': " + file.problem();
        return;
    }
    // What small files take says nothing about the disk.
    if (file.bytes() > (std::uint64_t{1} << 24)) bytes_per_second_ = static_cast<double>(file.bytes()) / write_seconds_;
    newest_is_good_ = written_ = true;
    report_.kept = options_.path;
    report_.kept_states = states;
    report_.not_kept.clear();
}

}  // namespace quire::explore
