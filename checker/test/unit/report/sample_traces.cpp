#include "test/unit/report/sample_traces.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace quire::test {

namespace {

const char* const kText =
    "void isolate_lru_page(struct page *page)\n"                                                            // 1
    "{\n"                                                                                                   // 2
    "\tspin_lock_irq(&zone.lru_lock);\n"                                                                    // 3
    "\tmapping = page_mapping(page);   /* stale from here on */\n"                                          // 4
    "\tif (mapping &&\n"                                                                                    // 5
    "\t    !mapping->a_ops->migratepage)\n"                                                                 // 6
    "}\n"                                                                                                   // 7
    "void truncate_inode_page(struct page *page)\n"                                                         // 8
    "{\n"                                                                                                   // 9
    "\tpage->mapping = NULL;\n"                                                                             // 10
    "\tfree(inode);\n"                                                                                      // 11
    "\twhile (atomic_read(&page->count) != 1 && page_has_private(page) && !PageWriteback(page)) wait();\n"  // 12
    "}\n"
    "void page_mapping(struct page *p) { return p->mapping; }\n";  // 14

SampleTrace explained(std::unique_ptr<TinySystem> tiny, Finding finding) {
    SampleTrace sample;
    sample.run = replay(tiny->system, finding.trace);
    sample.explained = explain_trace(tiny->system, tiny->sources, finding, sample.run);
    sample.finding = std::move(finding);
    sample.tiny = std::move(tiny);
    return sample;
}

}  // namespace

SampleTrace use_after_free_sample() {
    auto tiny = std::make_unique<TinySystem>(kText);
    TinySystem& t = *tiny;
    Address lock = t.add_cell("zone.lru_lock");
    Address mapping = t.add_cell("page.mapping", VariableKind::kShared, 2, ScalarType{ScalarKind::kPointer, 64, true, 0});
    t.system.pointer_spaces.push_back({"address_space", {"inode.i_data"}, kNone, true, {}});
    Address live = t.add_cell("inode in use", VariableKind::kInternal, 1);
    t.system.variables.back().displayed = false;
    Object inode;
    inode.name = "inode";
    inode.in_use = live;
    inode.pool = true;
    t.system.objects.push_back(inode);
    ThreadNumber truncate = t.add_thread("truncate");
    ThreadNumber compaction = t.add_thread("compaction");
    t.stores(compaction, t.site(3, "isolate_lru_page"), NoteKind::kAtomic, {{lock, 1}});
    t.reads(compaction, t.site(14, "page_mapping", true, t.site(4, "isolate_lru_page")), mapping);
    t.fails(compaction, t.site(6, "isolate_lru_page"), "use_after_free");
    t.writes(truncate, t.site(10, "truncate_inode_page"), mapping, 0);
    t.stores(truncate, t.site(11, "truncate_inode_page"), NoteKind::kFree, {{live, 0}});
    return explained(std::move(tiny), t.finding("use_after_free", {2, 2, 1, 1, 2}));
}

SampleTrace many_threads_sample(int threads) {
    auto tiny = std::make_unique<TinySystem>(kText);
    TinySystem& t = *tiny;
    Address count = t.add_cell("page.count");
    std::vector<ThreadNumber> order;
    for (int i = 0; i < threads; ++i) {
        ThreadNumber thread = t.add_thread("getter[" + std::to_string(i) + "]");
        t.reads(thread, t.site(12, "truncate_inode_page"), count);
        t.writes(thread, t.site(10, "truncate_inode_page"), count, i + 1);
        order.push_back(thread);
        order.push_back(thread);
    }
    PropertyNumber property =
        t.add_property(SystemPropertyKind::kInvariant, "count_small", "The count stays below the number of threads.");
    t.condition(property, count, 0);
    return explained(std::move(tiny), t.finding("count_small", order));
}

SampleTrace lasso_sample() {
    auto tiny = std::make_unique<TinySystem>(kText);
    TinySystem& t = *tiny;
    Address lock = t.add_cell("lock");
    ThreadNumber spinner = t.add_thread("spinner");
    ThreadNumber owner = t.add_thread("owner");
    t.writes(owner, t.site(3, "isolate_lru_page"), lock, 1);
    t.reads(spinner, t.site(12, "truncate_inode_page"), lock);
    t.loops_back(spinner, t.site(10, "truncate_inode_page"), 0);
    t.add_property(SystemPropertyKind::kInvariant, "spinner_gets_on", "the spinner gets the lock some time");
    Finding finding = t.finding("spinner_gets_on", {owner, spinner, spinner});
    finding.trace.loop_start = 1;
    return explained(std::move(tiny), std::move(finding));
}

TraceFooter sample_footer() {
    TraceFooter footer;
    footer.file = "specs/isolate_lru.quire";
    footer.variant = "buggy";
    footer.sizes = {{"ISOLATORS", 1}};
    footer.spec_hash = "xxh3:0123456789abcdef";
    footer.saved = ".quire/specs/isolate_lru/buggy-base-use_after_free.itf.json";
    footer.version = "0.1.0";
    footer.states = 108;
    footer.transitions = 304;
    return footer;
}

bool matches_golden(const std::string& name, const std::string& text) { return matches_golden_file("report/" + name, text); }

bool matches_golden_file(const std::string& below, const std::string& text) {
    std::string path = std::string(QUIRE_SOURCE_DIR) + "/checker/test/golden/" + below;
    if (std::getenv("QUIRE_UPDATE_GOLDENS") != nullptr) {
        std::ofstream(path) << text;
        return true;
    }
    std::ostringstream expected;
    expected << std::ifstream(path).rdbuf();
    return expected.str() == text;
}

}  // namespace quire::test
