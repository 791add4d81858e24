// Uses an installed Quire as a library: nothing here knows the source tree.
#include <cstdio>

#include "expr/expression.h"

int main() {
    quire::ExpressionPool pool;
    const quire::ExprId sum = pool.add_long(pool.literal(40), pool.literal(2));
    quire::Value value = 0;
    if (!pool.known_value(sum, value) || value != 42) {
        std::printf("40 + 2 is %lld\n", static_cast<long long>(value));
        return 1;
    }
    return 0;
}
