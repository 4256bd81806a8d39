#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace noema {

/// What went wrong, in the four parts that a person needs to act on it.
struct Problem {
  std::string where;     ///< file, line, tensor, option or function
  std::string expected;  ///< what had to hold
  std::string found;     ///< what was there instead; may be empty
  std::string remedy;    ///< what to do about it; may be empty
};

/// The one exception type of noema. `what()` is a single line:
/// "WHERE: expected EXPECTED, found FOUND; REMEDY".
class Error : public std::runtime_error {
 public:
  explicit Error(Problem problem);

  const Problem& problem() const noexcept { return problem_; }

 private:
  Problem problem_;
};

/// `text` on one line, with control characters and marks of bidirectional text escaped, bytes that are not UTF-8
/// replaced by U+FFFD, and the middle of a long text (`max_length` in bytes) left out: what an untrusted text passes
/// through before a message shows it.
std::string printable(std::string_view text, std::size_t max_length = 60);

}  // namespace noema
