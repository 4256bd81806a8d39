#include "apps/evaluation_table.h"

#include <cstdio>

#include "apps/output.h"

namespace noema {
namespace {

/// Nobody counts on an accelerator.
std::string gflops(double count) { return count == 0.0 ? "-" : number(count, 4); }

std::string percent(const std::optional<double>& share) { return share ? number(100.0 * *share, 1) : "-"; }

void print_outcomes(const std::vector<Evaluation>& evaluations) {
  std::printf("%-12s %5s %9s %13s %10s %9s %15s %9s %10s %9s %9s\n", "mode", "n", "accuracy", "95% interval", "by",
              "validity", "stop decisions", "at limit", "no answer", "familiar", "accuracy");
  for (const Evaluation& e : evaluations) {
    const std::string interval = number(100.0 * e.interval.low, 1) + "-" + number(100.0 * e.interval.high, 1);
    std::printf("%-12s %5lld %9s %13s %10s %9s %15s %9lld %10lld %9s %9s\n", e.mode.c_str(),
                static_cast<long long>(e.n), percent(e.accuracy).c_str(), interval.c_str(),
                to_string(e.interval.method).c_str(), percent(e.validity).c_str(), percent(e.stop_accuracy).c_str(),
                static_cast<long long>(e.max_steps + e.context_full), static_cast<long long>(e.no_answer),
                percent(e.coverage).c_str(), percent(e.familiar_accuracy).c_str());
  }
}

void print_costs(const std::vector<Evaluation>& evaluations) {
  std::printf("%-12s %6s %7s %7s %24s %24s %18s %15s\n", "mode", "steps", "passes", "tokens", "ms p50 / p95 / p99",
              "prefill/reason/decode ms", "GFLOPs with prompt", "without prompt");
  for (const Evaluation& e : evaluations) {
    char latency[48], parts[48];
    std::snprintf(latency, sizeof latency, "%.2f / %.2f / %.2f", e.total_ms.p50, e.total_ms.p95, e.total_ms.p99);
    std::snprintf(parts, sizeof parts, "%.2f/%.2f/%.2f", e.prefill_ms.p50, e.reasoning_ms.p50, e.decoding_ms.p50);
    std::printf("%-12s %6.2f %7.1f %7.1f %24s %24s %18s %15s\n", e.mode.c_str(), e.steps, e.passes, e.tokens, latency,
                parts, gflops(e.gflops).c_str(), gflops(e.gflops - e.prefill_gflops).c_str());
  }
}

}  // namespace

void print_evaluations(const std::vector<Evaluation>& evaluations) {
  print_outcomes(evaluations);
  std::printf("\n");
  print_costs(evaluations);
  std::printf("peak memory %.0f MB\n", peak_memory_mb());
}

void print_floors(const std::vector<Floor>& floors, const std::vector<Evaluation>& evaluations) {
  std::printf("\n%-44s %5s %9s", "without a model", "n", "accuracy");
  if (!evaluations.empty()) std::printf("   where it fails: n");
  for (const Evaluation& e : evaluations) std::printf(" %12s", e.mode.c_str());
  std::printf("\n");
  for (const Floor& floor : floors) {
    std::printf("%-44s %5lld %9s", floor.rule.c_str(), static_cast<long long>(floor.n),
                percent(floor.accuracy).c_str());
    for (std::size_t mode = 0; mode < evaluations.size(); ++mode) {
      for (const WhereRuleFails& where : evaluations[mode].where_rules_fail) {
        if (where.rule != floor.rule) continue;
        if (mode == 0) std::printf(" %19lld", static_cast<long long>(where.n));
        std::printf(" %12s", percent(where.accuracy).c_str());
      }
    }
    std::printf("\n");
  }
}

}  // namespace noema
