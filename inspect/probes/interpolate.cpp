#include "inspect/probes/interpolate.h"

#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <numbers>

#include "base/error.h"

namespace noema {
namespace {

constexpr double kParallel = 1e-6;  // angle below which the chord is the arc

Error no_circle(const std::string& found) {
  return Error({"slerp", "two embeddings with a shortest way between their directions", found, "take other sentences"});
}

/// A direction in double precision and its length.
std::pair<torch::Tensor, double> direction(const torch::Tensor& z) {
  const torch::Tensor wide = z.to(torch::kFloat64);
  const double norm = wide.norm().item<double>();
  if (!std::isfinite(norm) || norm == 0.0) throw no_circle("an embedding of length " + std::to_string(norm));
  return {wide / norm, norm};
}

/// Cosines [N,M] between embeddings [N,Z] and [M,Z].
torch::Tensor cosines(const torch::Tensor& x, const torch::Tensor& y) {
  return at::cosine_similarity(x.unsqueeze(1).to(torch::kFloat64), y.unsqueeze(0).to(torch::kFloat64), 2);
}

double number(const torch::Tensor& table, std::int64_t row, std::int64_t column) {
  return table[row][column].item<double>();
}

std::string fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

torch::Tensor slerp(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& shares) {
  const auto [from, from_norm] = direction(a);
  const auto [to, to_norm] = direction(b);
  // Accurate for small and for large angles, unlike the arc cosine of the product.
  const double angle = 2.0 * std::atan2((from - to).norm().item<double>(), (from + to).norm().item<double>());
  if (std::numbers::pi - angle < kParallel) throw no_circle("opposite ones");
  const torch::Tensor t = shares.to(torch::kFloat64).unsqueeze(1);  // [N,1]
  const torch::Tensor norms = from_norm + t * (to_norm - from_norm);
  if (angle < kParallel) return (norms * ((1.0 - t) * from + t * to)).to(a.scalar_type());
  const torch::Tensor way = ((1.0 - t) * angle).sin() * from + (t * angle).sin() * to;
  return (norms * way / std::sin(angle)).to(a.scalar_type());
}

ProbeResult interpolate(const Bundle& bundle, const std::string& from, const std::string& to,
                        const InterpolateOptions& options) {
  constexpr std::int64_t kMaxPoints = 10'000;
  const torch::InferenceMode inference;
  check(options.sentences, "interpolate");
  if (options.points < 2 || options.points > kMaxPoints) {
    throw Error({"interpolate: points", "a whole number from 2 to 10000", std::to_string(options.points), ""});
  }
  const torch::Tensor ends = embed_sentences(bundle, {from, to}, options.sentences);  // [2,Z]
  const torch::Tensor shares = torch::linspace(0.0, 1.0, options.points, torch::kFloat64);
  const torch::Tensor z = slerp(ends[0], ends[1], shares);
  const torch::Tensor to_ends = cosines(z, ends), norms = z.norm(2, 1);
  const auto decoded = decode_sentences(semantic_autoencoder(bundle), *bundle.tokenizer, z, options.sentences);
  ProbeResult result;
  result.probe = "interpolate";
  result.columns = {{"share"},     {"sentence"}, {"token_probability", "share"}, {"entropy", "nats"}, {"cosine_from"},
                    {"cosine_to"}, {"norm"}};
  std::size_t changes = 0;
  for (std::int64_t i = 0; i < options.points; ++i) {
    const DecodedSentence& sentence = decoded[static_cast<std::size_t>(i)];
    if (i > 0 && sentence.text != decoded[static_cast<std::size_t>(i - 1)].text) ++changes;
    result.rows.push_back({shares[i].item<double>(), sentence.text, sentence.token_probability, sentence.entropy,
                           number(to_ends, i, 0), number(to_ends, i, 1), norms[i].item<double>()});
  }
  result.charts = {{"share", "token_probability"}, {"share", "entropy"}};
  result.conclusion = "Between the two sentences (cosine " + fixed(number(to_ends, 0, 1)) +
                      ") the decoded text changes " + std::to_string(changes) +
                      (changes == 1 ? " time in " : " times in ") + std::to_string(options.points - 1) +
                      (options.points == 2 ? " step." : " steps.");
  return result;
}

ProbeResult arithmetic(const Bundle& bundle, const std::string& a, const std::string& b, const std::string& c,
                       const SentenceOptions& options) {
  const torch::InferenceMode inference;
  check(options, "arithmetic");
  const torch::Tensor inputs = embed_sentences(bundle, {a, b, c}, options);  // [3,Z]
  const torch::Tensor z = torch::cat({(inputs[0] - inputs[1] + inputs[2]).unsqueeze(0), inputs});
  const torch::Tensor to_inputs = cosines(z, inputs);
  const auto decoded = decode_sentences(semantic_autoencoder(bundle), *bundle.tokenizer, z, options);
  const std::vector<std::string> names = {"a - b + c", "a", "b", "c"};
  ProbeResult result;
  result.probe = "arithmetic";
  result.columns = {
      {"what"},     {"sentence"}, {"token_probability", "share"}, {"entropy", "nats"}, {"cosine_a"}, {"cosine_b"},
      {"cosine_c"}, {"nearest"}};
  for (std::int64_t i = 0; i < z.size(0); ++i) {
    const DecodedSentence& sentence = decoded[static_cast<std::size_t>(i)];
    const auto nearest = static_cast<std::size_t>(to_inputs[i].argmax().item<std::int64_t>());
    result.rows.push_back({names[static_cast<std::size_t>(i)], sentence.text, sentence.token_probability,
                           sentence.entropy, number(to_inputs, i, 0), number(to_inputs, i, 1), number(to_inputs, i, 2),
                           names[nearest + 1]});
  }
  result.conclusion = "a - b + c is decoded to \"" + printable(decoded[0].text, 200) +
                      "\"; of the three it is nearest to " + result.rows[0].back().get<std::string>() + " (cosine " +
                      fixed(to_inputs[0].max().item<double>()) + ").";
  return result;
}

}  // namespace noema
