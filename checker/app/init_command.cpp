// `quire init`: a spec that checks, and the file that makes CI check it.
#include <filesystem>
#include <system_error>

#include "app/commands.h"
#include "driver/trace_store.h"
#include "report/text_layout.h"

namespace quire {

namespace {

constexpr const char* kSpec = R"(/// Two holders put the references that they have; whoever puts the last one frees the object.
import "linux/atomic.quire";

const HOLDERS = 2;

struct object { atomic_t count; int data; };
pool struct object[1];
struct object *object;

void put_object(struct object *o)
{
	if (atomic_dec_and_test(&o->count))
		free(o);
}

init { object = alloc(struct object); atomic_set(&object->count, HOLDERS); }

thread holder[HOLDERS] {
	object->data = 1;
	put_object(object);
}

check leaks;
expect pass for HOLDERS in 1..3;

variant reads_again "the count is decremented, and then read to see who was last" {
	void put_object(struct object *o)
	{
		atomic_dec(&o->count);
		if (atomic_read(&o->count) == 0)
			free(o);
	}
	expect violation of use_after_free for HOLDERS in 2..3;
}
)";

constexpr const char* kWorkflow = R"(name: quire
on: [push, pull_request]
jobs:
  quire:
    runs-on: ubuntu-latest
    container: debian:12
    steps:
      - uses: actions/checkout@v4
      # The variable QUIRE_PACKAGE of the repository: where the Debian package of Quire lies.
      - run: apt-get update && apt-get install -y curl && curl -fsSLo /tmp/quire.deb "${{ vars.QUIRE_PACKAGE }}" && apt-get install -y /tmp/quire.deb
      - run: quire fmt --check specs
      - run: quire check specs --deny=unreachable
)";

constexpr const char* kConfiguration =
    R"(# Options of `quire check` for this project; the command line wins.  `quire check --help` has them all.
[check]
files = ["specs"]
deny = ["unreachable"]
)";

}  // namespace

int run_init(const CommandLine& line, Streams streams) {
    namespace fs = std::filesystem;
    const fs::path top = line.arguments.empty() ? fs::path(".") : fs::path(line.arguments[0]);
    const std::pair<const char*, const char*> files[] = {
        {"specs/first.quire", kSpec}, {".github/workflows/quire.yml", kWorkflow}, {"quire.toml", kConfiguration}};
    std::error_code error;
    for (const auto& [name, text] : files) {
        const std::string path = (top / name).lexically_normal().string();
        // What is there is somebody's work.
        if (fs::exists(fs::symlink_status(path, error))) {
            streams.out.write("kept   " + printable(path) + ", which is there already\n");
            continue;
        }
        const std::string problem = write_file(path, text);
        if (!problem.empty()) {
            streams.err.write("quire: '" + printable(path) + "' cannot be written: " + problem + "\n");
            return kExitUsage;
        }
        streams.out.write("wrote  " + printable(path) + "\n");
    }
    streams.out.write("\nquire check    checks it\n");
    return kExitAsExpected;
}

}  // namespace quire
