#include "apps/bench/workloads.h"

#include <torch/torch.h>

#include <memory>
#include <optional>

#include "apps/bench/reference_procedure.h"
#include "decoding/reasoner.h"

namespace noema {
namespace {

/// Adds up what ran: weights read and operations done.
class WorkMeter final : public Observer {
 public:
  void on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) override {
    const double size = static_cast<double>(inner) * static_cast<double>(columns);
    for (const std::int64_t tokens : at.row_tokens) flops += 2.0 * size * static_cast<double>(tokens);
  }
  void on_weights(std::int64_t read) override { bytes += static_cast<double>(read); }
  void on_attention(const Positions& at, std::int64_t width) override {
    for (const std::int64_t pairs : at.row_pairs) flops += 4.0 * static_cast<double>(width * pairs);
  }

  double bytes = 0.0, flops = 0.0;
};

/// Fills in what one run costs; `metered` does the same as `run` under an observer.
Workload metered(Workload workload, const std::function<void(Observer*)>& run) {
  WorkMeter meter;
  run(&meter);
  workload.bytes = meter.bytes;
  workload.gflops = meter.flops / 1e9;
  return workload;
}

torch::Tensor some_tokens(std::int64_t rows, std::int64_t tokens, std::int64_t vocab_size) {
  return torch::arange(rows * tokens).remainder(vocab_size).view({rows, tokens});
}

Workload prefill(const LanguageModel& model, std::int64_t batch, std::int64_t length) {
  const torch::Tensor ids = some_tokens(batch, length, model.config().vocab_size);
  const std::vector<std::int64_t> lengths(static_cast<std::size_t>(batch), length);
  const auto read = [&model, ids, lengths](Observer* observer) {
    TokenStream(model, model.embed(ids), lengths, ids.size(1) + 1, observer);
  };
  Workload workload{"prefill", batch, length, "token", static_cast<double>(batch * length)};
  workload.run = [read] { read(nullptr); };
  return metered(workload, read);
}

/// Tokens one after the other, behind `length` others.
Workload token(const LanguageModel& model, std::int64_t batch, std::int64_t length) {
  const torch::Tensor ids = some_tokens(batch, length, model.config().vocab_size);
  const std::vector<std::int64_t> lengths(static_cast<std::size_t>(batch), length);
  const auto begin = [&model, ids, lengths](Observer* observer) {
    return TokenStream(model, model.embed(ids), lengths, ids.size(1) + 64, observer);
  };
  const auto write = [](TokenStream& stream) { stream.append(stream.logits().argmax(-1)); };
  const auto stream = std::make_shared<std::optional<TokenStream>>();
  Workload workload{"token", batch, length, "token", static_cast<double>(batch)};
  workload.prepare = [stream, begin, count = 0]() mutable {
    if (count++ % 32 == 0) *stream = begin(nullptr);  // so that the length stays about the same
  };
  workload.run = [stream, write] { write(**stream); };
  WorkMeter before, all;
  begin(&before);
  TokenStream last = begin(&all);
  write(last);
  workload.bytes = all.bytes - before.bytes;
  workload.gflops = (all.flops - before.flops) / 1e9;
  return workload;
}

/// Concepts one after the other, behind a question of `length` tokens.
Workload latent_step(const ConceptModel& model, std::int64_t batch, std::int64_t length) {
  const Sentences questions{some_tokens(batch, length, model.config().model.vocab_size),
                            std::vector<std::int64_t>(static_cast<std::size_t>(batch), length)};
  const auto step = [](ConceptStream& stream) { stream.append(stream.predict(stream.hidden(), {}).input); };
  const auto stream = std::make_shared<std::optional<ConceptStream>>();
  Workload workload{"latent step", batch, length, "step", static_cast<double>(batch)};
  workload.prepare = [&model, stream, questions, count = 0]() mutable {
    if (count++ % 32 == 0) *stream = model.begin(questions);
  };
  workload.run = [stream, step] { step(**stream); };
  WorkMeter before, all;
  model.begin(questions, &before);
  ConceptStream last = model.begin(questions, &all);
  step(last);
  workload.bytes = all.bytes - before.bytes;
  workload.gflops = (all.flops - before.flops) / 1e9;
  return workload;
}

/// A sentence of `length` tokens from each of `batch` embeddings.
Workload sentence(const Autoencoder& autoencoder, std::int64_t batch, std::int64_t length) {
  const torch::Tensor z = torch::randn({batch, autoencoder.latent_width()});
  const auto write = [&autoencoder, z, length](Observer* observer) {
    const auto writer = autoencoder.decoder().begin(z, observer);
    for (std::int64_t i = 1; i < length; ++i) writer->append(writer->logits().argmax(-1));
  };
  Workload workload{"sentence", batch, length, "sentence", static_cast<double>(batch)};
  workload.run = [write] { write(nullptr); };
  return metered(workload, write);
}

/// Questions of the task, `batch` together.
Workload questions(const LoadedModel& model, const std::string& mode, std::int64_t batch) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < batch; ++i) {
    texts.push_back(model.task->generator()->generate(1, static_cast<std::uint64_t>(i)).question);
  }
  RunOptions run;
  run.batch = batch;
  const auto reasoner = std::make_shared<const Reasoner>(model.bundle, *model.task, mode);
  const auto ask = [reasoner, texts, run](Observer* observer) { reasoner->run(texts, {}, run, observer); };
  Workload workload{mode + " question", batch, 0, "question", static_cast<double>(batch)};
  workload.run = [ask] { ask(nullptr); };
  return metered(workload, ask);
}

/// One question by the paper's own procedure. What it costs is not counted.
Workload reference_question(const LoadedModel& model) {
  const auto procedure =
      std::make_shared<const ReferenceProcedure>(model.bundle, model.task->generator()->generate(1, 0).question);
  Workload workload{"reference question", 1, 0, "question"};
  workload.run = [procedure] { procedure->run(); };
  return workload;
}

}  // namespace

std::vector<Workload> make_workloads(const LoadedModel& model, const std::vector<std::int64_t>& batches,
                                     const std::vector<std::int64_t>& lengths) {
  constexpr std::int64_t kSentenceTokens = 10;
  const c10::InferenceMode inference;
  const Bundle& bundle = model.bundle;
  std::vector<Workload> all;
  for (const std::int64_t batch : batches) {
    for (const std::int64_t length : lengths) {
      if (bundle.chain) {
        all.push_back(prefill(*bundle.chain, batch, length));
        all.push_back(token(*bundle.chain, batch, length));
      }
      if (bundle.concepts) all.push_back(latent_step(*bundle.concepts, batch, length));
    }
    if (bundle.concepts) all.push_back(sentence(bundle.writing(), batch, kSentenceTokens));
    if (!model.task->generator()) continue;
    if (bundle.chain) all.push_back(questions(model, "chain", batch));
    if (bundle.concepts && bundle.stop) {
      all.push_back(questions(model, "continuous", batch));
      all.push_back(questions(model, "discretized", batch));
      if (batch == 1) all.push_back(reference_question(model));
    }
  }
  return all;
}

std::vector<Workload> make_shaped_workloads(const LoadedModel& model, const std::vector<std::int64_t>& batches,
                                            const std::vector<QuestionShape>& shapes) {
  const c10::InferenceMode inference;
  const LanguageModel& backbone = model.bundle.need_chain();
  std::vector<Workload> all;
  for (const std::int64_t batch : batches) {
    for (const QuestionShape& shape : shapes) {
      const auto question = std::make_shared<const ShapedQuestion>(backbone, shape, batch);
      const auto add = [&](const std::string& mode, const std::function<void(Observer*)>& ask) {
        Workload workload{shape.name + " " + mode, batch, shape.question, "question", static_cast<double>(batch)};
        workload.run = [ask] { ask(nullptr); };
        all.push_back(metered(workload, ask));
      };
      add("chain", [question](Observer* observer) { question->chain(observer); });
      add("continuous", [question](Observer* observer) { question->continuous(observer); });
      if (batch == 1) add("reference", [question](Observer* observer) { question->reference(observer); });
    }
  }
  return all;
}

}  // namespace noema
