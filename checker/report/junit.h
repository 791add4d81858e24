// JUnit XML, for CI servers: a suite for each file, a case for each variant, expectation and instance.
#pragma once

#include <memory>

#include "report/writer.h"

namespace quire {

std::unique_ptr<Writer> make_junit_writer(const ReportTarget& target);

}  // namespace quire
