// NDJSON: one event per line, for programs.  docs/schemas/event.schema.json describes them.
#pragma once

#include <memory>
#include <string>

#include "report/writer.h"

namespace quire {

inline constexpr const char* kEventSchema = "quire.event/1";

std::unique_ptr<Writer> make_event_writer(Sink& out);

}  // namespace quire
