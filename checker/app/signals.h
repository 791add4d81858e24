// Ctrl-C and SIGTERM end a session in an orderly way; another one half a second later kills.
#pragma once

#include "support/budget.h"

namespace quire {

// From now on the first SIGINT, SIGTERM or SIGHUP cancels; SIGPIPE and SIGXFSZ are errors of write().  The token must live on.
void cancel_on_signals(CancelToken& token);
// The signal that came, or 0.
int signal_received();
// 128 + n if signal n came, otherwise `code`.
int unless_signalled(int code);

}  // namespace quire
