#include "apps/output.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const std::string shown = printable(text, text.npos);
    line.append(shown.data(), shown.data() + shown.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PrintableMessage>(); }
};

}  // namespace

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

std::string for_output(std::string_view text) {
  return isatty(STDOUT_FILENO) != 0 ? printable(text, text.npos) : std::string(text);
}

void set_up_log() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintableMessage>('*').set_pattern("%H:%M:%S %*");
  const auto log = spdlog::stderr_color_mt("noema");
  log->set_formatter(std::move(formatter));
  spdlog::set_default_logger(log);
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
