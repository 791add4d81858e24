// Sample with few threads, guess, keep what is inductive, ask whether that is enough; where it is not, look at the number of
// threads that the first loss suggests, and begin again with what was learnt.  A proof is written down and checked again
// from what was written, in a context of its own; only then it is one.
#include "prove/any_number.h"

#include <algorithm>

#include "prove/counting_certificate.h"

namespace quire::prove {

namespace {

constexpr int kMostProofRounds = 4;
constexpr std::size_t kMostLosses = 12;  // that are looked at
constexpr Value kMostSuggested = 24;     // threads, that are tried
constexpr std::size_t kMostStatesTried = 60'000;

class AnyNumberProver {
public:
    explicit AnyNumberProver(const AnyNumberQuestion& question) : question_(question) {}

    AnyNumberReport run() {
        if (!build()) return std::move(report_);
        SampleOptions options;
        options.stop = question_.stop;
        sample_ = sample_counting_system(report_.counting, options);
        for (int round = 0; round < kMostProofRounds; ++round) {
            if (stopped()) return ended(AnyNumberAnswer::kStopped);
            if (sample_.bug) {
                report_.bug = sample_.bug;
                return ended(AnyNumberAnswer::kViolated);
            }
            KeeperResult kept = keep();
            if (kept.stopped && stopped()) return ended(AnyNumberAnswer::kStopped);
            if (kept.proved()) return proved(kept);
            explain(kept);
            if (!try_suggested()) break;
        }
        return ended(AnyNumberAnswer::kNotProved);
    }

private:
    bool stopped() const { return question_.stop && question_.stop(); }

    AnyNumberReport ended(AnyNumberAnswer answer) {
        report_.answer = answer;
        return std::move(report_);
    }

    bool refuse(Refusal refusal) {
        report_.refusal = std::move(refusal);
        report_.answer = AnyNumberAnswer::kRefused;
        return false;
    }

    // The same whichever thread of a role stands for all of them, and however many there are.
    bool build() {
        std::string first;
        struct Way {
            const TransitionSystem* system;
            std::uint32_t number;
        };
        for (const Way& way :
             {Way{question_.larger, 1000}, Way{question_.larger, 0}, Way{question_.system, 1000}, Way{question_.system, 0}}) {
            if (way.system == nullptr) continue;
            if (stopped()) {
                report_.answer = AnyNumberAnswer::kStopped;
                return false;
            }
            auto built = build_counting_system(*way.system, question_.parameters, way.number);
            if (std::holds_alternative<Refusal>(built)) return refuse(std::get<Refusal>(built));
            report_.counting = std::move(std::get<CountingSystem>(built));
            std::string text = description(report_.counting);
            if (first.empty()) first = text;
            if (text != first) return refuse({"threads of one role are told apart", kNone, {}});
        }
        return true;
    }

    KeeperResult keep() {
        facts_ = guess_facts(report_.counting, sample_);
        report_.candidates = facts_.size();
        KeeperOptions options;
        options.stop = question_.stop;
        KeeperResult kept = keep_inductive(report_.counting, facts_, options);
        report_.queries += kept.queries;
        return kept;
    }

    AnyNumberReport proved(const KeeperResult& kept) {
        report_.facts.clear();
        for (std::size_t f : kept.needed) report_.facts.push_back(facts_[f]);
        report_.certificate = certificate_text(report_.counting, report_.facts, {});
        CertificateCheck check = check_certificate(report_.certificate);
        report_.queries += check.questions;
        if (check.holds) return ended(AnyNumberAnswer::kProved);
        report_.open.push_back({"the proof, checked again: " + check.problem, kNone, kNone, kNone, true, std::nullopt});
        return ended(AnyNumberAnswer::kNotProved);
    }

    // For facts that were lost, how; the equations say most.
    void explain(const KeeperResult& kept) {
        report_.open = kept.open;
        report_.facts.clear();
        report_.losses.clear();
        std::vector<NodeId> assumed;
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            if (kept.kept[f] == 0) continue;
            report_.facts.push_back(facts_[f]);
            assumed.push_back(facts_[f].formula);
        }
        std::vector<DroppedFact> lost = kept.dropped;
        std::stable_sort(lost.begin(), lost.end(),
                         [&](const DroppedFact& a, const DroppedFact& b) { return facts_[a.fact].kind < facts_[b.fact].kind; });
        KeeperOptions options;
        for (const DroppedFact& one : lost) {
            if (one.step == SIZE_MAX || report_.losses.size() == kMostLosses || stopped()) continue;
            std::optional<CountingState> state =
                smallest_loss(report_.counting, assumed, facts_[one.fact].formula, report_.counting.steps[one.step], options);
            if (state) report_.losses.push_back({facts_[one.fact].formula, one.step, *state});
        }
        std::stable_sort(report_.losses.begin(), report_.losses.end(),
                         [&](const auto& a, const auto& b) { return threads(a.state) < threads(b.state); });
    }

    Value threads(const CountingState& state) const {
        Value sum = 0;
        for (VariableNumber c : report_.counting.counter_of) sum += state[c];
        return sum;
    }

    std::vector<Value> parameters(const CountingState& state) const {
        std::vector<Value> out;
        for (VariableNumber v = 0; v < report_.counting.variables.size(); ++v) {
            if (report_.counting.variables[v].kind == CountingVariable::Kind::kParameter) out.push_back(state[v]);
        }
        return out;
    }

    // False: nothing was learnt.
    bool try_suggested() {
        for (const AnyNumberReport::Loss& loss : report_.losses) {
            std::vector<Value> wanted = parameters(loss.state);
            if (wanted.empty() || threads(loss.state) > kMostSuggested) continue;
            if (std::find(tried_.begin(), tried_.end(), wanted) != tried_.end()) continue;
            bool sampled = std::any_of(sample_.states.begin(), sample_.states.end(),
                                       [&](const CountingState& s) { return parameters(s) == wanted; });
            if (sampled) continue;
            tried_.push_back(wanted);
            report_.suggested = wanted;
            bool whole = false;
            std::vector<CountingState> states =
                reached(report_.counting, wanted, kMostStatesTried, whole, &sample_.bug, question_.stop);
            sample_.states.insert(sample_.states.end(), states.begin(), states.end());
            return true;
        }
        return false;
    }

    const AnyNumberQuestion& question_;
    AnyNumberReport report_;
    CountingSample sample_;
    std::vector<CountingFact> facts_;
    std::vector<std::vector<Value>> tried_;
};

}  // namespace

AnyNumberReport prove_any_number(const AnyNumberQuestion& question) {
    try {
        return AnyNumberProver(question).run();
    } catch (const TermOverflow&) {
        AnyNumberReport report;
        report.refusal = {"numbers beyond what a proof can hold", kNone, {}};
        return report;
    }
}

}  // namespace quire::prove
