#pragma once

namespace quire {

// Seconds of processor time of the calling thread, so far.
double thread_cpu_seconds();

}  // namespace quire
