// Sanitizers make the code ten times slower, and look for another kind of error: a few random draws show it as well as many.
#pragma once

namespace quire::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// Of so many random cases.
constexpr unsigned draws(unsigned all) { return kSanitized ? (all + 4) / 5 : all; }

}  // namespace quire::test
