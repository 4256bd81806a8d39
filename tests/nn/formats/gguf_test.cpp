#include "nn/formats/gguf.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

const char* const kBlocks = NOEMA_TEST_DATA "/import/blocks.gguf";

TEST(Gguf, UnpacksEveryQuantizationAsTheGgufPackageDoes) {
  const GgufFile file(kBlocks);
  const auto expected = read_safetensors(NOEMA_TEST_DATA "/import/blocks.safetensors").tensors;
  ASSERT_EQ(expected.size(), 11u);
  for (const auto& [name, values] : expected) {
    const torch::Tensor found = file.tensor(name);
    ASSERT_EQ(found.sizes(), values.sizes()) << name;
    EXPECT_LE((found - values).abs().max().item<double>(), 1e-5 * values.abs().max().item<double>()) << name;
  }
}

TEST(Gguf, SettingsKeepTheirTypes) {
  const GgufFile file(NOEMA_TEST_DATA "/import/llama.gguf");
  EXPECT_EQ(file.settings()["general.architecture"], "llama");
  EXPECT_EQ(file.settings()["llama.block_count"], 2);
  EXPECT_NEAR(file.settings()["llama.attention.layer_norm_rms_epsilon"].get<double>(), 1e-5, 1e-9);
  EXPECT_EQ(file.settings()["tokenizer.ggml.tokens"].size(), 64u);
}

class DamagedGguf : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  /// The message with which a file of this content is refused; "" when it is taken.
  std::string refusal(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    try {
      const GgufFile file(path_);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// The fixture with one whole number changed.
  template <typename T>
  std::string with(std::size_t offset, T value) {
    std::string content = whole_;
    std::memcpy(content.data() + offset, &value, sizeof value);
    return content;
  }

  void expect_refused(const std::string& content, const std::string& why) {
    EXPECT_NE(refusal(content).find(why), std::string::npos) << refusal(content);
  }

  std::size_t after(const std::string& name) { return whole_.find(name) + name.size(); }

  const std::string whole_ = read_file(kBlocks);
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() /
      ("noema_gguf_" + std::to_string(getpid()) + "_" + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(DamagedGguf, CutShortAnywhereIsRefused) {
  EXPECT_EQ(refusal(whole_), "");
  for (std::size_t size = 0; size + 32 < whole_.size(); size += 97) {
    EXPECT_NE(refusal(whole_.substr(0, size)), "") << size;
  }
}

TEST_F(DamagedGguf, LyingNumbersAreRefused) {
  constexpr auto kHuge = std::uint64_t{1} << 60;
  expect_refused("GGML" + whole_.substr(4), "a GGUF file");
  expect_refused(with(4, std::uint32_t{9}), "version");
  expect_refused(with(8, kHuge), "a count that fits in the file");
  expect_refused(with(16, kHuge), "a count that fits in the file");
  expect_refused(with(24, kHuge), "more bytes");  // length of the first key
  expect_refused(with(after("general.architecture"), std::uint32_t{77}), "type of setting");
}

TEST_F(DamagedGguf, LyingTensorsAreRefused) {
  const std::size_t here = after("Q4_0");  // dimensions, sizes, type, offset
  expect_refused(with(here, std::uint32_t{5}), "at most 4 dimensions");
  expect_refused(with(here + 4, std::int64_t{-256}), "sizes that fit");
  expect_refused(with(here + 4, std::int64_t{1} << 62), "sizes that fit");
  expect_refused(with(here + 4, std::int64_t{250}), "whole blocks");
  expect_refused(with(here + 12, std::int64_t{70}), "bytes of data");
  expect_refused(with(here + 20, std::uint32_t{16}), "element type 16");
  expect_refused(with(here + 24, std::uint64_t{1} << 63), "bytes of data");
}

TEST_F(DamagedGguf, AMissingTensorIsNamed) {
  const GgufFile file(kBlocks);
  EXPECT_FALSE(file.has("output.weight"));
  EXPECT_THROW(file.tensor("output.weight"), Error);
}

}  // namespace
}  // namespace noema
