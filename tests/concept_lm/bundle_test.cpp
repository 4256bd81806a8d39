#include "concept_lm/bundle.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"
#include "nn/formats/safetensors.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

class BundleTest : public testing::Test {
 protected:
  BundleTest() : folder_(std::filesystem::temp_directory_path() / ("noema-bundle-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    tokenizer_ = train_tokenizer(tiny_corpus(), {.vocab_size = 420});
    config_ = {tokenizer_->vocab_size(), tiny_transformer()};
    const LanguageModel model(config_, weights_);
    save();
  }
  ~BundleTest() override { std::filesystem::remove_all(folder_); }

  void save(const std::vector<BundlePart>& others = {}) {
    const nlohmann::json architecture = part_architecture(config_, kLanguageModelPart);
    std::vector<BundlePart> parts = {{"chain", architecture, weights_.tensors()}};
    for (const BundlePart& other : others) parts.push_back(other);
    save_bundle(folder_, "stories", {{"seed", 1}}, *tokenizer_, parts);
  }

  void edit_manifest(const std::function<void(nlohmann::json&)>& edit) {
    nlohmann::json manifest = read_json(folder_ / "noema.json");
    edit(manifest);
    manifest.erase("sha256");
    write_file(folder_ / "noema.json", manifest.dump());
  }

  std::string complaint() const {
    try {
      load_bundle(folder_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  std::filesystem::path folder_;
  std::unique_ptr<Tokenizer> tokenizer_;
  LanguageModelConfig config_;
  Weights weights_{7};
};

TEST_F(BundleTest, RoundTripsInBf16) {
  const Bundle bundle = load_bundle(folder_);
  EXPECT_EQ(bundle.task, "stories");
  EXPECT_EQ(bundle.tokenizer->encode("Tom\n"), tokenizer_->encode("Tom\n"));
  const torch::Tensor ids = torch::tensor({{3, 4, 5}});
  TensorMap rounded;
  for (const auto& [name, tensor] : weights_.tensors()) rounded[name] = tensor.to(torch::kBFloat16);
  Weights expected(rounded, "rounded");
  const LanguageModel model(config_, expected);
  EXPECT_TRUE(torch::equal(bundle.need_chain().embed(ids), model.embed(ids)));
  EXPECT_THROW(bundle.need_concepts(), Error);
}

TEST_F(BundleTest, WhatAPartSharesWithAnotherIsStoredOnce) {
  TensorMap tensors = weights_.tensors();
  tensors["readout.weight"] = torch::ones({2, 3});
  const auto save_on = [&](const std::string& below) {
    save({{"contextual", {{"kind", "autoencoder"}}, tensors, torch::kBFloat16, std::nullopt, below}});
  };
  save_on("chain");
  EXPECT_EQ(read_safetensors(folder_ / "contextual.safetensors").tensors.size(), 1u);
  const StoredPart part = BundleFolder(folder_).part("contextual");
  ASSERT_EQ(part.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_TRUE(torch::equal(part.tensors.at(name), tensor.to(torch::kBFloat16))) << name;
  }

  tensors.erase("readout.weight");
  save_on("chain");
  EXPECT_EQ(BundleFolder(folder_).part("contextual").tensors.size(), tensors.size());  // its own file has none

  edit_manifest([](auto& m) { m["parts"]["contextual"]["on"] = "contextual"; });
  EXPECT_NE(complaint().find("a part that lies on no other"), std::string::npos) << complaint();
  edit_manifest([](auto& m) { m["parts"]["contextual"]["on"] = "semantic"; });
  EXPECT_NE(complaint().find("semantic"), std::string::npos) << complaint();
  save_on("");
  edit_manifest([](auto& m) { m["parts"]["contextual"]["on"] = "chain"; });
  EXPECT_NE(complaint().find("only what stands in no other file"), std::string::npos) << complaint();
}

TEST_F(BundleTest, RefusesFilesThatWereChanged) {
  std::ofstream(folder_ / "chain.safetensors", std::ios::app) << "x";
  EXPECT_NE(complaint().find("sha256"), std::string::npos) << complaint();
}

TEST_F(BundleTest, RefusesAManifestWithAnyByteChanged) {
  const std::string good = read_file(folder_ / "noema.json");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(folder_ / "noema.json") << bad;  // nothing of it need be on the disk
    EXPECT_NE(complaint(), "") << "byte " << i << " of " << bad;
  }
}

TEST_F(BundleTest, RefusesMembersThatItDoesNotKnow) {
  const auto expect_refused = [&](const char* place, const std::string& words) {
    save();
    edit_manifest([&](auto& m) { m[nlohmann::json::json_pointer(place)] = "x"; });
    EXPECT_NE(complaint().find(words), std::string::npos) << place << ": " << complaint();
  };
  expect_refused("/bse", "did you mean \"base\"?");
  expect_refused("/tokenizer/fil", "did you mean \"file\"?");
  expect_refused("/parts/chain/adaptor", "did you mean \"adapter\"?");
  expect_refused("/parts/chain/architecture/convolutoin", "did you mean \"convolution\"?");
}

TEST_F(BundleTest, RefusesTensorsThatNothingUses) {
  TensorMap tensors = weights_.tensors();
  tensors["layers.9.attention.out.weight"] = torch::ones({2});
  save_bundle(folder_, "stories", {{"seed", 1}}, *tokenizer_,
              {{"chain", part_architecture(config_, kLanguageModelPart), tensors}});
  EXPECT_NE(complaint().find("found \"layers.9.attention.out.weight\""), std::string::npos) << complaint();
}

TEST_F(BundleTest, WhatHappensToItsFilesAfterwardsChangesNothing) {
  const StoredPart part = BundleFolder(folder_).part("chain");
  const torch::Tensor before = part.tensors.at("final_norm.weight").clone();
  std::filesystem::resize_file(folder_ / "chain.safetensors", 0);
  EXPECT_TRUE(torch::equal(part.tensors.at("final_norm.weight"), before));
}

TEST_F(BundleTest, ASaveThatFailsLeavesTheBundleThatWasThere) {
  const TensorMap unwritable = {{"a", torch::zeros({2}, torch::kComplexFloat)}};
  EXPECT_THROW(save({{"semantic", {{"kind", "autoencoder"}}, unwritable, torch::kComplexFloat}}), Error);
  EXPECT_EQ(complaint(), "");
  save_bundle(folder_, "stories", {{"seed", 1}}, *tokenizer_, {});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "chain.safetensors")) << "what the new one does not have is gone";
}

TEST_F(BundleTest, ReplacesNothingButABundle) {
  write_file(folder_ / "thesis.tex", "");
  EXPECT_THROW(save(), Error);
  EXPECT_EQ(complaint(), "");
  std::filesystem::remove(folder_ / "noema.json");
  std::filesystem::remove(folder_ / "thesis.tex");
  EXPECT_THROW(save(), Error) << "weights that are no bundle are somebody's, too";
}

TEST_F(BundleTest, RefusesOtherVersionsOtherShapesAndEscapingNames) {
  edit_manifest([](auto& m) { m["format"] = 3; });
  EXPECT_NE(complaint().find("format: expected 1 to 2, found 3"), std::string::npos) << complaint();
  save();
  edit_manifest([](auto& m) { m["parts"]["chain"]["architecture"]["feed_forward"] = 64; });
  EXPECT_NE(complaint().find("expected shape [128, 32], found shape [96, 32]"), std::string::npos) << complaint();
  save();
  edit_manifest([](auto& m) { m["parts"]["chain"]["architecture"]["heads"] = 0; });
  EXPECT_NE(complaint().find("heads"), std::string::npos) << complaint();
  save();
  edit_manifest([](auto& m) { m["parts"]["chain"]["file"] = "../secret"; });
  EXPECT_NE(complaint().find("the name of a file in the bundle"), std::string::npos) << complaint();
  save();
  edit_manifest([](auto& m) { m["parts"]["chain"]["architecture"]["vocab_size"] = 1 << 30; });
  EXPECT_NE(complaint().find("vocab_size"), std::string::npos) << complaint();
}

TEST_F(BundleTest, RefusesAProvenanceThatIsNotAsItIsWritten) {
  for (const nlohmann::json& wrong :
       {nlohmann::json("x"), nlohmann::json{{"name", 5}}, nlohmann::json{{"validation", 1}},
        nlohmann::json{{"validation", {{"chain", {{"steps", "many"}}}}}}}) {
    edit_manifest([&](auto& m) { m["provenance"] = wrong; });
    EXPECT_NE(complaint().find("provenance"), std::string::npos) << wrong << ": " << complaint();
  }
}

TEST_F(BundleTest, RefusesWeightsThatAreNoNumbers) {
  weights_.tensors().at("final_norm.weight")[3] = std::nanf("");
  save();
  EXPECT_NE(complaint().find("\"final_norm.weight\": expected finite numbers"), std::string::npos) << complaint();
}

TEST_F(BundleTest, RefusesWeightsThatAreNoNumbersWhereModelsCompute) {
  const auto replace = [&](const torch::Tensor& norm) {
    TensorMap tensors = weights_.tensors();
    tensors["final_norm.weight"] = norm;
    write_safetensors(folder_ / "chain.safetensors", tensors);
    edit_manifest([&](auto& m) { m["parts"]["chain"]["sha256"] = sha256_file(folder_ / "chain.safetensors"); });
  };
  replace(torch::full({32}, 1e300, torch::kFloat64));
  EXPECT_NE(complaint().find("\"final_norm.weight\": expected finite numbers, found 1e+300"), std::string::npos);
  for (const torch::Dtype dtype : {torch::kBool, torch::kUInt8, torch::kInt64}) {
    replace(torch::ones({32}, dtype));
    EXPECT_NE(complaint().find("\"final_norm.weight\": expected weights, found"), std::string::npos) << complaint();
  }
  replace(torch::ones({32}, torch::kFloat64));
  EXPECT_EQ(complaint(), "");
}

TEST_F(BundleTest, ReadsOnlyFilesOfItsOwn) {
  const std::filesystem::path outside = folder_.string() + "-outside";
  for (const char* name : {"noema.json", "tokenizer.model", "chain.safetensors"}) {
    const auto expect_refused = [&](const std::string& found) {
      EXPECT_NE(complaint().find(name + std::string(": expected a file of the bundle, found ") + found),
                std::string::npos)
          << complaint();
      std::filesystem::remove(folder_ / name);
    };
    std::filesystem::remove_all(folder_);
    save();
    std::filesystem::rename(folder_ / name, outside);
    std::filesystem::create_symlink(outside, folder_ / name);  // the content is what noema.json says
    expect_refused("a link");
    ASSERT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
    expect_refused("a pipe");
    std::filesystem::create_symlink("/dev/zero", folder_ / name);
    expect_refused("a link");
  }
  std::filesystem::remove(outside);
}

TEST_F(BundleTest, QuestionsAreTrimmedAndCheckedForTheirLength) {
  const Bundle bundle = load_bundle(folder_);
  EXPECT_EQ(bundle.tokenize_question("  Where is\nTom? \n"), tokenizer_->encode("Where is Tom?\n"));
  EXPECT_THROW(bundle.tokenize_question(" \n"), Error);
  EXPECT_THROW(bundle.tokenize_question(std::string(1000, '#')), Error);
}

}  // namespace
}  // namespace noema
