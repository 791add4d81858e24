// Total store order: P. Sewell, S. Sarkar, S. Owens, F. Zappa Nardelli, M. Myreen, "x86-TSO: A Rigorous and Usable
// Programmer's Model for x86 Multiprocessors" (2010).
//
// Each thread has a queue of stores.  A write joins its end; a read takes the newest store of its own thread to that cell,
// and else what is in memory; the oldest store of a queue may reach memory at any time, as a step of nobody.  A locked
// instruction (see pending_stores.cpp) and a full fence wait until the thread's own queue is empty.  Ghost code and the
// tool's own state are in memory at once.
//
// What differs from the paper: the queue is bounded.  Where no loop stores without a fence, it has room for every store
// that can wait, so nothing is lost.  Where one does, a store that finds it full ends the run as exhausted, which no
// verdict hides: waiting for room would leave out runs.  Checks of an access (NULL, dangling, range) belong to the step that puts the
// store into the queue.  That finds every bug: a thread does nothing that others can see between a store's step and its
// way to memory but what other threads could also see before that step, so whatever frees the object in between could
// have done so before.
//
// Invariant: the thread of the environment that serves a queue has ended exactly while that queue is empty.
#include "memory/tso.h"

#include "memory/pending_stores.h"
#include "memory/store_buffer.h"
#include "support/invariant.h"

namespace quire::memory {

namespace {

using ir::FlowGraph;
using ir::Node;
using ir::NodeKind;

// Puts nodes behind a node, in order.
class Insertion {
public:
    Insertion(FlowGraph& graph, std::uint32_t after)
        : graph_(graph), site_(graph.nodes[after].site), rest_(graph.nodes[after].next), current_(after) {}
    ~Insertion() { graph_.nodes[current_].next = rest_; }
    Insertion(const Insertion&) = delete;
    Insertion& operator=(const Insertion&) = delete;

    void store(const StoreBuffer::Store& store) {
        Node node;
        node.kind = NodeKind::kStore;
        node.address = store.address;
        node.value = store.value;
        append(node);
    }
    void require(ExprId condition) {
        Node node;
        node.kind = NodeKind::kRequire;
        node.value = condition;
        append(node);
    }
    void exhausted(ExprId never) {
        Node node;
        node.kind = NodeKind::kDrop;
        node.value = never;
        node.drop = DropKind::kExhausted;
        append(node);
    }
    std::uint32_t join() {
        graph_.nodes.push_back(Node{});
        return static_cast<std::uint32_t>(graph_.nodes.size() - 1);
    }
    // What is inserted next is done only if the condition holds; returns the branch.
    std::uint32_t branch(ExprId condition) {
        Node node;
        node.kind = NodeKind::kBranch;
        node.value = condition;
        return append(node);
    }
    void otherwise(std::uint32_t branch) { pending_other_ = branch; }
    void jump(std::uint32_t to) {
        graph_.nodes[current_].next = to;
        current_ = kNone;
    }
    void at(std::uint32_t node) {
        if (pending_other_ != kNone) graph_.nodes[pending_other_].other = node;
        if (current_ != kNone && current_ != node) graph_.nodes[current_].next = node;
        pending_other_ = kNone;
        current_ = node;
    }

private:
    std::uint32_t append(Node node) {
        node.site = site_;
        auto number = static_cast<std::uint32_t>(graph_.nodes.size());
        graph_.nodes.push_back(node);
        if (current_ != kNone) graph_.nodes[current_].next = number;
        if (pending_other_ != kNone) graph_.nodes[pending_other_].other = number;
        pending_other_ = kNone;
        current_ = number;
        return number;
    }

    FlowGraph& graph_;
    std::uint32_t site_;
    std::uint32_t rest_;
    std::uint32_t current_;
    std::uint32_t pending_other_ = kNone;
};

// Rewrites the graph of one role.
class BufferedRole {
public:
    BufferedRole(ir::LoweringContext& context, FlowGraph& graph, const PendingStores& pending, const BufferedCells& cells)
        : context_(context),
          graph_(graph),
          pending_(pending),
          cells_(cells),
          buffer_(context, cells, graph.executor, pending.capacity) {}

    void rewrite() {
        const std::size_t count = graph_.nodes.size();
        for (std::uint32_t n = 0; n < count; ++n) {
            switch (graph_.nodes[n].kind) {
                case NodeKind::kStep:
                    if (pending_.drains[n] && places(n) > 0) Insertion(graph_, n).require(buffer_.is_empty());
                    break;
                case NodeKind::kFence: fence(n); break;
                case NodeKind::kRead:
                    if (!pending_.direct[n]) read(n);
                    break;
                case NodeKind::kWrite:
                    if (!pending_.direct[n]) write(n);
                    break;
                case NodeKind::kRelease:
                    if (cells_.local_object_table != kNone && places(n) > 0) forget_object(n);
                    break;
                default: break;
            }
        }
    }

private:
    // How many places can be filled before this node.
    std::uint32_t places(std::uint32_t n) const { return std::min(pending_.before[n], pending_.capacity); }

    // A step only where it can block.
    void fence(std::uint32_t n) {
        if (!pending_.drains[n] || places(n) == 0) return;
        Node& node = graph_.nodes[n];
        node.kind = NodeKind::kStep;
        node.note = NoteKind::kStatement;
        Insertion(graph_, n).require(buffer_.is_empty());
    }

    void read(std::uint32_t n) {
        Node& node = graph_.nodes[n];
        node.value = buffer_.forwarded(node.address, graph_.registers[node.target].type, places(n));
        node.address = ExprId{};
        node.kind = NodeKind::kSet;
    }

    // Into the first free place.
    void write(std::uint32_t n) {
        const Node node = graph_.nodes[n];
        graph_.nodes[n].kind = NodeKind::kNop;
        INVARIANT(node.next != kNone && graph_.nodes[node.next].note == NoteKind::kWrite, "a write without its note");
        graph_.nodes[node.next].note = NoteKind::kBuffered;
        Insertion insertion(graph_, n);
        std::uint32_t done = insertion.join();
        bool overflows = pending_.before[n] >= pending_.capacity;
        std::uint32_t most = overflows ? pending_.capacity : pending_.before[n] + 1;
        for (std::uint32_t place = 0; place < most; ++place) {
            bool certain = place + 1 == most && !overflows;
            std::uint32_t test = certain ? kNone : insertion.branch(buffer_.is_free(place));
            for (const StoreBuffer::Store& store : buffer_.put(place, node.address, node.value, node.type))
                insertion.store(store);
            insertion.jump(done);
            insertion.otherwise(test);
        }
        if (overflows) insertion.exhausted(context_.system.pool.truth(false));
        insertion.at(done);
    }

    // Stores to a local that ends are lost: nobody can look at it any more, and its cells may be used again.
    void forget_object(std::uint32_t n) {
        ExprId object = graph_.nodes[n].value;
        Insertion insertion(graph_, n);
        for (std::uint32_t place = places(n); place-- > 0;) {
            std::uint32_t join = insertion.join();
            std::uint32_t test = insertion.branch(buffer_.is_into(place, object));
            for (const StoreBuffer::Store& store : buffer_.take(place, places(n))) insertion.store(store);
            insertion.otherwise(test);
            insertion.at(join);
        }
        insertion.store(buffer_.mark());
    }

    ir::LoweringContext& context_;
    FlowGraph& graph_;
    const PendingStores& pending_;
    const BufferedCells& cells_;
    StoreBuffer buffer_;
};

bool too_many_threads(ir::LoweringContext& context, const std::vector<PendingStores>& pending) {
    std::size_t threads = context.system.threads.size();
    for (std::size_t r = 0; r < pending.size(); ++r) threads += pending[r].capacity > 0 ? context.system.roles[r].count : 0;
    if (threads <= 256) return false;
    context.diagnostics
        .error(DiagnosticCode::kE0604, context.system.roles[0].span, std::to_string(threads - 1) + " threads and store buffers")
        .with_label("at most 255 in all");
    return true;
}

}  // namespace

bool TotalStoreOrder::lower_accesses(ir::LoweringContext& context, const std::vector<FlowGraph*>& roles) const {
    std::vector<PendingStores> pending;
    std::vector<std::vector<std::uint32_t>> waiting_writes(roles.size());
    for (std::size_t r = 0; r < roles.size(); ++r) {
        const ThreadRole& role = context.system.roles[r];
        pending.push_back(find_pending_stores(*roles[r], role.dormant));
        if (role.count == 0) pending.back().capacity = 0;
        for (std::uint32_t n = 0; n < roles[r]->nodes.size() && pending[r].capacity > 0; ++n) {
            bool waits = roles[r]->nodes[n].kind == NodeKind::kWrite && !pending[r].direct[n];
            if (waits) waiting_writes[r].push_back(n);
        }
    }
    if (too_many_threads(context, pending)) return false;
    const BufferedCells cells = number_cells(context, roles, waiting_writes);
    for (std::size_t r = 0; r < roles.size(); ++r) {
        if (pending[r].capacity > 0) BufferedRole(context, *roles[r], pending[r], cells).rewrite();
        ir::access_memory_directly(*roles[r], context.system.pool);
    }
    return true;
}

}  // namespace quire::memory
