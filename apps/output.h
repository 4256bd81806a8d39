#pragma once

#include <string>
#include <string_view>

#include "decoding/trajectory.h"

namespace noema {

/// Columns of the terminal that standard output is; 100 when it is none.
int terminal_width();

/// Whether standard output takes colours: a terminal, and NO_COLOR is not set (no-color.org).
bool colors_wanted();

/// A number with so many digits after the point.
std::string number(double value, int digits);

/// The most memory that the process has held so far.
double peak_memory_mb();

/// A text from outside on its way to standard output: as it is into files and pipes, on a terminal without what would
/// steer it.
std::string for_output(std::string_view text);

/// Log lines go to standard error, one a message, without what would steer a terminal.
void set_up_log();

/// Writes a result to a file; "-" is standard output. Throws Error when it cannot be written.
void write_result(const std::string& path, const std::string& content);

/// All sentences of a trajectory on one line.
std::string text_of(const Trajectory& trajectory);

/// What to tell people in place of the answer that a trajectory lacks.
std::string why_no_answer(const Trajectory& trajectory);

}  // namespace noema
