#include "apps/training_display.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"

namespace noema {
namespace {

std::string duration(double seconds) {
  const auto minutes = static_cast<long long>(seconds / 60.0);
  char text[32];
  std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", minutes / 60, minutes % 60,
                static_cast<long long>(seconds) % 60);
  return text;
}

/// " | ranks 2: 4100 4080 tokens/s, waiting 3% 4%", or nothing for one process alone.
std::string ranks_of(const std::vector<RankSpeed>& ranks) {
  if (ranks.empty()) return "";
  std::string speeds, waits;
  for (const RankSpeed& rank : ranks) {
    speeds += fmt::format(" {:.0f}", rank.tokens_per_second);
    waits += fmt::format(" {:.0f}%", 100.0 * rank.share_waited);
  }
  return fmt::format(" | ranks {}:{} tokens/s, waiting{}", ranks.size(), speeds, waits);
}

std::string line_of(const StepReport& report) {
  std::string line = fmt::format("{} {}/{} |", report.stage, report.step, report.steps);
  for (const auto& [name, value] : report.losses) line += fmt::format(" {} {:.4f}", name, value);
  return line +
         fmt::format(" | lr {:.2e} norm {:.2f} | {:.0f} tokens/s | {} left | saved {}", report.learning_rate,
                     report.gradient_norm, report.tokens_per_second, duration(report.seconds_left),
                     report.last_checkpoint) +
         ranks_of(report.ranks);
}

std::string line_of(const ValidationReport& report) {
  std::string line = fmt::format("{} {} | validation", report.stage, report.step);
  for (const auto& [name, share] : report.measures) line += fmt::format(" {} {:.2f}%", name, 100.0 * share);
  return line + (report.best ? " (best)" : "");
}

class Display final : public TrainingProgress {
 public:
  explicit Display(std::filesystem::path metrics)
      : terminal_(isatty(STDERR_FILENO) != 0), metrics_(std::move(metrics)) {}

  void on_stage(const std::string& stage, const std::string& what) override {
    finish_line();
    spdlog::info("{} {}", stage, what);
    record({{"event", "stage"}, {"stage", stage}, {"what", what}});
  }

  void on_step(const StepReport& report) override {
    if (terminal_) {
      std::fprintf(stderr, "\r\x1b[K%s", line_of(report).c_str());
      std::fflush(stderr);
      line_open_ = true;
    } else {
      spdlog::info("{}", line_of(report));
    }
    nlohmann::json losses(nlohmann::json::value_t::object);
    for (const auto& [name, value] : report.losses) losses[name] = value;
    nlohmann::json line = {{"event", "step"},
                           {"stage", report.stage},
                           {"step", report.step},
                           {"losses", losses},
                           {"gradient_norm", report.gradient_norm},
                           {"learning_rate", report.learning_rate},
                           {"tokens_per_second", report.tokens_per_second}};
    for (const RankSpeed& rank : report.ranks) {
      line["ranks"].push_back({{"tokens_per_second", rank.tokens_per_second}, {"share_waited", rank.share_waited}});
    }
    record(line);
  }

  void on_validation(const ValidationReport& report) override {
    finish_line();
    spdlog::info("{}", line_of(report));
    spdlog::info("    {}", report.sample);
    record({{"event", "validation"},
            {"stage", report.stage},
            {"step", report.step},
            {"measures", report.measures},
            {"best", report.best},
            {"sample", report.sample}});
  }

 private:
  void finish_line() {
    if (line_open_) std::fputc('\n', stderr);
    line_open_ = false;
  }

  void record(const nlohmann::json& line) {
    if (!std::exchange(is_open_, true)) cut_torn_line(metrics_);
    append_file(metrics_, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }

  bool terminal_;
  bool line_open_ = false;
  std::filesystem::path metrics_;
  bool is_open_ = false;
};

}  // namespace

std::unique_ptr<TrainingProgress> make_training_display(const std::filesystem::path& metrics) {
  return std::make_unique<Display>(metrics);
}

}  // namespace noema
