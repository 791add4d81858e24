// An interleaving as people write it in mails, read into lines of code with the column that each stands in.
//
// Understood: quoting by `>` of any depth; tabs; a heading (`CPU0   CPU1`, names of threads or roles) above columns that
// are kept apart by blanks or by `|`; a heading alone above the lines that follow; `name: statement`; `...` for any steps;
// comments; prose around it; and what Quire prints, of which each numbered row is one step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quire {

struct MailLine {
    std::optional<std::size_t> column;  // none: the blanks that said so are lost
    std::string text;
    std::uint32_t number = 0;  // of the line in the mail
    bool one_step = false;
    bool any_text = false;
};

struct MailText {
    std::vector<std::string> columns;
    std::vector<MailLine> lines;
    std::vector<std::string> ignored;  // lines that were not taken for code
};

// `names`: of threads and roles, which may head a column.
MailText parse_mail(const std::string& text, const std::vector<std::string>& names);

}  // namespace quire
