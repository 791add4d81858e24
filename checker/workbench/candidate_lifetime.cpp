// When an object may be freed: after a grace period, with the thread that follows a pointer to it in a read section.
#include <algorithm>

#include "workbench/candidates.h"

namespace quire {

namespace {

class LifetimeCandidates {
public:
    LifetimeCandidates(const ExplainedFinding& of, CandidateList& list) : of_(of), list_(list) {}

    void add() {
        std::size_t freed = of_.causes.causes.size();
        for (std::size_t i = 0; i < of_.causes.causes.size(); ++i) {
            if (of_.causes.causes[i].role == CauseRole::kFreed) freed = i;
        }
        std::vector<std::size_t> own = causes_of(of_, of_.causes.victim);
        std::vector<CodeSpot> readers = spots_of(of_, own);
        if (!readers.empty()) {
            for (const ReadSectionWay& section : of_.names.sections) read_section(readers.front(), section);
        }
        if (freed == of_.causes.causes.size()) return;
        for (const CodeSpot& spot : spots_of(of_, {freed})) {
            for (const std::string& wait : of_.names.grace_periods) {
                grace_period(spot, wait, nullptr, nullptr);
                for (const ReadSectionWay& section : of_.names.sections) {
                    if (!readers.empty()) grace_period(spot, wait, &readers.front(), &section);
                }
            }
            break;  // the innermost: where it is freed
        }
    }

private:
    bool enter(EditedVariant& edited, const CodeSpot& reader, const ReadSectionWay& section) const {
        std::optional<OpenSpot> open = open_spot(edited, of_, reader);
        if (!open) return false;
        TreeMaker make{open->first().span};
        return enclose(open->region, {make.statement(make.call(section.enter, {}))},
                       {make.statement(make.call(section.leave, {}))}, open->result());
    }

    std::string section_text(const CodeSpot& reader, const ReadSectionWay& section) const {
        return section.enter + "() " + over_marks(reader.causes) + " in " + reader.function + "()";
    }

    void read_section(const CodeSpot& reader, const ReadSectionWay& section) {
        EditedVariant edited(of_.plan());
        if (enter(edited, reader, section)) list_.push_back({section_text(reader, section), {}, {}, std::move(edited)});
    }

    void grace_period(const CodeSpot& spot, const std::string& wait, const CodeSpot* reader, const ReadSectionWay* section) {
        EditedVariant edited(of_.plan());
        std::optional<OpenSpot> open = open_spot(edited, of_, spot);
        if (!open) return;
        TreeMaker make{open->first().span};
        std::vector<ast::Stmt>& all = open->region.block->statements;
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(open->region.first), make.statement(make.call(wait, {})));
        std::string what = wait + "() before " + mark_text(spot.causes.front()) + " in " + spot.function + "()";
        if (reader != nullptr) {
            if (reader->function == spot.function || !enter(edited, *reader, *section)) return;
            what += ", " + section_text(*reader, *section);
        }
        list_.push_back({std::move(what), {}, {}, std::move(edited)});
    }

    const ExplainedFinding& of_;
    CandidateList& list_;
};

}  // namespace

void add_lifetime_candidates(const ExplainedFinding& of, CandidateList& list) { LifetimeCandidates(of, list).add(); }

}  // namespace quire
