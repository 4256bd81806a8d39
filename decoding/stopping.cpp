#include "decoding/stopping.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

class StopHeadRule final : public Stopping {
 public:
  void judge(ActiveBatch& batch, NewSteps& now) override {
    const RunContext& context = batch.context;
    const Concept& concepts = *now.concepts;
    const torch::Tensor log_odds =
        concepts.stop.defined() ? concepts.stop : context.bundle.need_stop()(concepts.embedding, context.observer);
    const torch::Tensor probability = log_odds.to(torch::kCPU, torch::kFloat32).sigmoid();
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      now.steps[row]->stop_probability = probability[static_cast<std::int64_t>(row)].item<double>();
      if (*now.steps[row]->stop_probability <= context.options.stop_threshold) continue;
      batch.rows.finish(row, StopReason::answered);
    }
  }
};

/// Judges questions by their first concepts.
class FamiliarityRule final : public Stopping {
 public:
  explicit FamiliarityRule(const Familiarity& familiarity) : familiarity_(familiarity) {}

  void judge(ActiveBatch& batch, NewSteps& now) override {
    std::vector<std::int64_t> rows;  // that have just begun
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      if (batch.rows[row].trajectory.steps.empty()) rows.push_back(static_cast<std::int64_t>(row));
    }
    if (rows.empty()) return;
    const torch::Tensor& z = now.concepts->embedding;
    const torch::Tensor first = familiarity_.whitened(z.index_select(0, index_tensor(rows, z.device())));
    const torch::Tensor distances = Familiarity::distances(first).cpu();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      const auto row = static_cast<std::size_t>(rows[i]);
      const double distance = distances[place].item<double>();
      const bool is_familiar = familiarity_.is_familiar(distance);
      batch.rows[row].trajectory.familiarity = {distance, is_familiar, familiarity_.nearest(first[place])};
      if (!is_familiar && batch.context.options.abstain) batch.rows.finish(row, StopReason::unfamiliar);
    }
  }

 private:
  const Familiarity& familiarity_;
};

/// The written sentence is an answer.
class AnswerRule : public Stopping {
 public:
  void judge(ActiveBatch& batch, NewSteps& now) override {
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      const auto& step = now.steps[row];
      if (step && answer_of(batch.context.task, *step)) batch.rows.finish(row, StopReason::answered);
    }
  }
};

/// The same, of concepts: each is written to see.
class OracleRule final : public AnswerRule {
 public:
  void judge(ActiveBatch& batch, NewSteps& now) override {
    if (!now.steps.front()->is_written) {
      std::vector<Step> written = batch.writer.write(batch.rows, now.concepts->embedding);
      for (std::size_t row = 0; row < written.size(); ++row) {
        written[row].stop_probability = now.steps[row]->stop_probability;
        now.steps[row] = std::move(written[row]);
      }
    }
    AnswerRule::judge(batch, now);
  }
};

/// A sentence that goes round in a circle leads nowhere.
class CircleRule final : public Stopping {
 public:
  void judge(ActiveBatch& batch, NewSteps& now) override {
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      const auto& step = now.steps[row];
      if (step && step->end == SentenceEnd::repetition) batch.rows.finish(row, StopReason::repeated);
    }
  }
};

class RepetitionRule final : public Stopping {
 public:
  void judge(ActiveBatch& batch, NewSteps& now) override {
    const torch::Tensor z = now.concepts->embedding.to(torch::kCPU, torch::kFloat32);
    if (before_.defined()) {
      const std::int64_t rows = before_.size(0);  // those after them have just come in
      const torch::Tensor cosine = at::cosine_similarity(z.narrow(0, 0, rows), before_, 1);
      for (std::int64_t row = 0; row < rows; ++row) {
        if (cosine[row].item<double>() <= batch.context.options.repetition_threshold) continue;
        batch.rows.finish(static_cast<std::size_t>(row), StopReason::repeated);
      }
    }
    before_ = z;
  }

  void keep(const std::vector<std::int64_t>& rows) override { before_ = before_.index_select(0, index_tensor(rows)); }

 private:
  torch::Tensor before_;  // [B,Z]
};

class MaxSteps final : public Stopping {
 public:
  explicit MaxSteps(int most) : most_(static_cast<std::size_t>(std::max(most, 1))) {}

  void judge(ActiveBatch& batch, NewSteps& now) override {
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      if (!now.steps[row] || batch.rows[row].trajectory.steps.size() + 1 < most_) continue;
      batch.rows.finish(row, StopReason::max_steps);
    }
  }

 private:
  std::size_t most_;
};

class FullContext final : public Stopping {
 public:
  explicit FullContext(HasRoom has_room) : has_room_(std::move(has_room)) {}

  void judge(ActiveBatch& batch, NewSteps& now) override {
    for (std::size_t row = 0; row < now.steps.size(); ++row) {
      if (!has_room_(row, now.steps[row])) batch.rows.finish(row, StopReason::context_full);
    }
  }

 private:
  HasRoom has_room_;
};

class AllRules final : public Stopping {
 public:
  explicit AllRules(std::vector<std::unique_ptr<Stopping>> rules) : rules_(std::move(rules)) {}

  void judge(ActiveBatch& batch, NewSteps& now) override {
    for (const auto& rule : rules_) rule->judge(batch, now);
  }
  void keep(const std::vector<std::int64_t>& rows) override {
    for (const auto& rule : rules_) rule->keep(rows);
  }

 private:
  std::vector<std::unique_ptr<Stopping>> rules_;
};

std::unique_ptr<Stopping> make_rule(StopRule rule, const Bundle& bundle) {
  switch (rule) {
    case StopRule::head:
      bundle.need_stop();
      return std::make_unique<StopHeadRule>();
    case StopRule::oracle:
      return std::make_unique<OracleRule>();
    case StopRule::repetition:
      break;
  }
  return std::make_unique<RepetitionRule>();
}

std::unique_ptr<Stopping> with_limits(std::vector<std::unique_ptr<Stopping>> rules, int max_steps, HasRoom has_room) {
  rules.push_back(std::make_unique<CircleRule>());
  rules.push_back(std::make_unique<MaxSteps>(max_steps));
  rules.push_back(std::make_unique<FullContext>(std::move(has_room)));
  return std::make_unique<AllRules>(std::move(rules));
}

}  // namespace

std::unique_ptr<Stopping> make_concept_stopping(const RunContext& context, HasRoom has_room) {
  std::vector<std::unique_ptr<Stopping>> rules;
  if (context.bundle.familiarity) rules.push_back(std::make_unique<FamiliarityRule>(*context.bundle.familiarity));
  for (const StopRule rule : context.options.stop) {
    const bool is_endless = rule == StopRule::head && context.task.is_open_ended() && !context.bundle.stop;
    if (!is_endless) rules.push_back(make_rule(rule, context.bundle));
  }
  return with_limits(std::move(rules), context.options.max_steps, std::move(has_room));
}

std::unique_ptr<Stopping> make_token_stopping(int max_steps, HasRoom has_room) {
  std::vector<std::unique_ptr<Stopping>> rules;
  rules.push_back(std::make_unique<AnswerRule>());
  return with_limits(std::move(rules), max_steps, std::move(has_room));
}

void take_in(ActiveBatch& batch, Stopping& stopping, NewSteps now) {
  stopping.judge(batch, now);
  for (std::size_t row = 0; row < now.steps.size(); ++row) {
    if (batch.rows[row].trajectory.stop == StopReason::unfamiliar) continue;  // there is no reasoning
    if (now.steps[row]) batch.rows.add_step(row, std::move(*now.steps[row]));
  }
}

}  // namespace noema
