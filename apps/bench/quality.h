#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace noema {

/// How far a precision's token predictions are from those of fp32 on a fixed text (stories, for a model of that task):
/// {"precision", "tokens", "perplexity", "perplexity_fp32", "agreement": share of equal first choices}. Null for a
/// model without a chain part.
nlohmann::json compare_with_fp32(const std::string& model, const std::string& precision);

/// The same in a sentence.
std::string quality_line(const nlohmann::json& quality);

}  // namespace noema
