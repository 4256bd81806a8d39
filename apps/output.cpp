#include "apps/output.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/file.h"

namespace noema {

int terminal_width() {
  struct winsize size = {};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 100;
}

bool colors_wanted() {
  const char* refused = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (!refused || *refused == '\0');
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double peak_memory_mb() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void write_result(const std::string& path, const std::string& content) {
  if (path == "-") {
    std::fwrite(content.data(), 1, content.size(), stdout);
  } else {
    write_file(path, content);
  }
}

std::string text_of(const Trajectory& trajectory) {
  std::string text;
  for (const Step& step : trajectory.steps) text += (text.empty() ? "" : " ") + step.text;
  return text;
}

std::string why_no_answer(const Trajectory& trajectory) {
  if (trajectory.stop != StopReason::unfamiliar) {
    return "no answer after " + std::to_string(trajectory.steps.size()) + " steps";
  }
  return "I do not know that kind of question. The nearest that I know: " +
         printable(trajectory.familiarity->nearest, 400);
}

}  // namespace noema
