// A proof that others can check: SMT-LIB from our own printer.
#pragma once

#include <string>
#include <vector>

#include "prove/counting_facts.h"

namespace quire::prove {

// The facts as an invariant, and for the start, each step, each failure and each property a question whose answer has to be
// `unsat`.  The first lines say what is proved and how many questions there are.
std::string certificate_text(CountingSystem& system, const std::vector<CountingFact>& facts,
                             const std::vector<std::string>& title);

struct CertificateCheck {
    bool holds = false;
    std::size_t questions = 0;
    std::string problem;  // why not
};

// In a context of its own.
CertificateCheck check_certificate(const std::string& text);

}  // namespace quire::prove
