// Which notes of a program are the access, or the choice among objects, that makes a step.
#pragma once

#include "system/transition_system.h"

namespace quire {

inline bool is_access(NoteKind kind) {
    switch (kind) {
        case NoteKind::kRead:
        case NoteKind::kWrite:
        case NoteKind::kBuffered:
        case NoteKind::kStored:
        case NoteKind::kAtomic:
        case NoteKind::kAwait:
        case NoteKind::kAllocate:
        case NoteKind::kFree:
        case NoteKind::kUse:
        case NoteKind::kSpawn:
        case NoteKind::kContainer:
        case NoteKind::kChoosePool: return true;
        case NoteKind::kStatement:
        case NoteKind::kDecision:
        case NoteKind::kAcquired:
        case NoteKind::kReleased: return false;
    }
    return false;
}

}  // namespace quire
