// SARIF 2.1.0, for code scanning: one thread flow for each thread of a trace.
#pragma once

#include <memory>

#include "report/writer.h"

namespace quire {

std::unique_ptr<Writer> make_sarif_writer(const ReportTarget& target);

}  // namespace quire
