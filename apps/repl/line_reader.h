#pragma once

#include <memory>
#include <optional>
#include <string>

namespace noema {

/// Lines that a person types or a script holds.
class LineReader {
 public:
  virtual ~LineReader() = default;
  virtual std::optional<std::string> next() = 0;  ///< nothing at the end
};

/// With editing and a history that is kept, when standard input is a terminal; plain lines otherwise.
std::unique_ptr<LineReader> make_line_reader();

}  // namespace noema
