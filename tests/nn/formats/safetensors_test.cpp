#include "nn/formats/safetensors.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"

namespace noema {
namespace {

class SafetensorsTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  /// Without the wait for the disk that write_file includes.
  void put(const std::string& content) { std::ofstream(path_, std::ios::binary) << content; }

  /// Writes a file of this header and data; `length` instead of the header's own if given.
  void write(const std::string& header, const std::string& data, std::optional<std::uint64_t> length = {}) {
    const std::uint64_t size = length.value_or(header.size());
    std::string content(sizeof size, '\0');
    std::memcpy(content.data(), &size, sizeof size);
    put(content + header + data);
  }

  /// The message with which the file is refused; "" when it is taken.
  std::string refusal() {
    try {
      read_safetensors(path_);
      return "";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
      return error.what();
    }
  }

  void expect_refused(const std::string& header, const std::string& data, const std::string& why) {
    write(header, data);
    EXPECT_NE(refusal().find(why), std::string::npos) << header << ": " << refusal();
  }

  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("noema_" + std::to_string(getpid()) + "_" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name() + ".safetensors");
};

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST_F(SafetensorsTest, GivesBackWhatWasWritten) {
  TensorMap tensors;
  const torch::Tensor numbers = torch::arange(-12, 12, torch::kFloat64).view({2, 3, 4});
  for (const auto dtype : {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
                           torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool}) {
    tensors[c10::toString(dtype)] = numbers.abs().to(dtype);
  }
  tensors["scalar"] = torch::tensor(1.5f);
  tensors["empty"] = torch::empty({3, 0});
  tensors["transposed"] = numbers.transpose(0, 2);
  tensors["odd \"name\"\n\u00e9"] = torch::tensor({-0.0f, std::numeric_limits<float>::denorm_min()});
  tensors["trained"] = torch::ones({2}).requires_grad_();
  write_safetensors(path_, tensors, {{"config", "{\"a\": 1}"}, {"note", ""}});

  const SafetensorsFile file = read_safetensors(path_);
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"config", "{\"a\": 1}"}, {"note", ""}}));
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor& found = file.tensors.at(name);
    EXPECT_EQ(found.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(found.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(found.equal(tensor)) << name;
    EXPECT_FALSE(found.requires_grad()) << name;
  }
}

TEST_F(SafetensorsTest, SameTensorsGiveTheSameBytes) {
  const TensorMap tensors = {{"b", torch::ones({3})}, {"a", torch::zeros({2}, torch::kInt64)}};
  write_safetensors(path_, tensors);
  const std::string first = read_file(path_);
  write_safetensors(path_, {tensors.rbegin(), tensors.rend()});
  EXPECT_EQ(read_file(path_), first);
}

TEST_F(SafetensorsTest, TensorsOutliveTheFileAndNeverWriteToIt) {
  write_safetensors(path_, {{"a", torch::ones({4})}});
  const std::string before = read_file(path_);
  torch::Tensor tensor = read_safetensors(path_).tensors.at("a");
  tensor.fill_(2.0);
  EXPECT_EQ(read_file(path_), before);
  std::filesystem::remove(path_);
  EXPECT_TRUE(tensor.equal(torch::full({4}, 2.0)));
}

TEST_F(SafetensorsTest, ReadsAFileWithoutTensors) {
  write("{}", "");
  EXPECT_TRUE(read_safetensors(path_).tensors.empty());
  write(R"({"__metadata__":{"a":"b"}}   )", "");
  EXPECT_EQ(read_safetensors(path_).metadata.at("a"), "b");
}

TEST_F(SafetensorsTest, ReadsTensorsThatAreNotAligned) {
  const std::string header = R"({"a":)" + entry("U8", "[1]", "[0,1]") + R"(,"b":)" + entry("F32", "[1]", "[1,5]") + "}";
  const float value = 2.5f;
  std::string data(5, '\x07');
  std::memcpy(data.data() + 1, &value, sizeof value);
  for (int spaces = 0; spaces < 4; ++spaces) {
    write(header + std::string(static_cast<std::size_t>(spaces), ' '), data);
    EXPECT_EQ(read_safetensors(path_).tensors.at("b").item<float>(), value);
    EXPECT_EQ(read_safetensors(path_).tensors.at("a").item<int>(), 7);
  }
}

TEST_F(SafetensorsTest, RefusesEveryTruncation) {
  write_safetensors(path_, {{"a", torch::ones({2})}, {"b", torch::ones({1}, torch::kInt16)}}, {{"key", "text"}});
  const std::string whole = read_file(path_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    EXPECT_NE(refusal(), "") << size;
  }
  put(whole + "x");
  EXPECT_NE(refusal(), "");
}

TEST_F(SafetensorsTest, RefusesAHeaderLongerThanTheFile) {
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{1000}, std::uint64_t{100'000'001}, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    write("{}", "", length);
    EXPECT_NE(refusal().find("header"), std::string::npos) << length;
  }
}

TEST_F(SafetensorsTest, RefusesAHeaderThatIsNotAnObject) {
  for (const char* header : {"", " ", "{", "hello", "[]", "3", "null", "{\"a\"}", "{} {}", "{\"a\xff\":1}"}) {
    write(header, "");
    EXPECT_NE(refusal().find("header"), std::string::npos) << header;
  }
  write(std::string(200000, '['), "");
  EXPECT_NE(refusal(), "");
}

TEST_F(SafetensorsTest, RefusesEntriesThatLackSomething) {
  const std::string data(4, '\0');
  for (const char* json :
       {"3", "null", "[]", "{}", R"({"dtype":"F32","shape":[1]})", R"({"dtype":"F32","data_offsets":[0,4]})",
        R"({"shape":[1],"data_offsets":[0,4]})", R"({"dtype":4,"shape":[1],"data_offsets":[0,4]})"}) {
    expect_refused(R"({"weight":)" + std::string(json) + "}", data, "tensor \"weight\"");
  }
}

TEST_F(SafetensorsTest, RefusesUnknownTypes) {
  for (const char* dtype : {"F8_E4M3", "C64", "f32", "F32 ", ""}) {
    expect_refused(R"({"w":)" + entry(dtype, "[1]", "[0,4]") + "}", std::string(4, '\0'), "element type");
  }
}

TEST_F(SafetensorsTest, RefusesShapesThatDoNotMatchTheData) {
  const std::string data(8, '\0');
  for (const char* shape : {"[1]", "[3]", "[0]", "[2,2]", "[]"}) {
    expect_refused(R"({"w":)" + entry("F32", shape, "[0,8]") + "}", data, "bytes for its shape");
  }
  for (const char* shape : {"2", "[-2]", "[2.0]", "[\"2\"]", "[true]", "[[2]]", "[1e400]", "{}", "null",
                            "[2,1,1,1,1,1,1,1,1]", "[18446744073709551616]"}) {
    expect_refused(R"({"w":)" + entry("F32", shape, "[0,8]") + "}", data, path_.string());
  }
}

TEST_F(SafetensorsTest, RefusesShapesThatOverflow) {
  for (const char* shape :
       {"[4611686018427387906]", "[4294967296,4294967296]", "[18446744073709551615]", "[9223372036854775807,2]",
        "[0,18446744073709551615]", "[18446744073709551615,0]", "[0,9223372036854775807,9223372036854775807]"}) {
    for (const char* offsets : {"[0,8]", "[0,0]"}) {
      write(R"({"w":)" + entry("F32", shape, offsets) + "}", offsets[3] == '8' ? std::string(8, '\0') : "");
      try {
        read_safetensors(path_);
        ADD_FAILURE() << "taken: " << shape;
      } catch (const Error&) {
      } catch (const std::exception& error) {
        ADD_FAILURE() << shape << offsets << ": not an Error: " << std::string(error.what()).substr(0, 100);
      }
    }
  }
}

TEST_F(SafetensorsTest, RefusesSenselessOffsets) {
  const std::string data(8, '\0');
  for (const char* offsets :
       {"[8,0]", "[0]", "[0,4,8]", "[-8,0]", "[0.0,8.0]", "[\"0\",\"8\"]", "{}", "null", "[0,18446744073709551615]",
        "[18446744073709551608,18446744073709551615]", "[8,16]", "[18446744073709551608,0]"}) {
    expect_refused(R"({"w":)" + entry("F32", "[2]", offsets) + "}", data, "tensor \"w\"");
  }
}

TEST_F(SafetensorsTest, RefusesOverlapsAndGaps) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":)" + entry("F32", "[2]", first) + R"(,"b":)" + entry("F32", "[2]", second) + "}";
  };
  expect_refused(two("[0,8]", "[0,8]"), std::string(8, '\0'), "tensor \"b\"");
  expect_refused(two("[0,8]", "[4,12]"), std::string(12, '\0'), "data at offset 8");
  expect_refused(two("[0,8]", "[12,20]"), std::string(20, '\0'), "data at offset 8");
  expect_refused(two("[4,12]", "[12,20]"), std::string(20, '\0'), "data at offset 0");
  expect_refused(two("[0,8]", "[8,16]"), std::string(20, '\0'), "16 bytes of tensor data");
  expect_refused(two("[0,8]", "[8,16]"), std::string(15, '\0'), "16 bytes of tensor data");
  write(two("[8,16]", "[0,8]"), std::string(16, '\0'));  // in another order than their names
  EXPECT_EQ(refusal(), "");
}

TEST_F(SafetensorsTest, RefusesMetadataThatIsNotText) {
  for (const char* metadata : {"3", "[]", "null", R"({"a":1})", R"({"a":{}})"}) {
    expect_refused(R"({"__metadata__":)" + std::string(metadata) + "}", "", "__metadata__");
  }
}

TEST_F(SafetensorsTest, DamagedFilesAreRefusedOrHoldWholeTensors) {
  write_safetensors(path_, {{"a", torch::ones({2, 3})}, {"b", torch::ones({5}, torch::kInt64)}}, {{"k", "v"}});
  const std::string whole = read_file(path_);
  Random random(5);
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    std::string damaged = whole;
    for (int changes = random.between(1, 3); changes > 0; --changes) {
      damaged[random.below(random.chance(0.2) ? 8 : damaged.size())] = static_cast<char>(random.below(256));
    }
    put(damaged);
    try {
      std::int64_t bytes = 0;
      for (const auto& [name, tensor] : read_safetensors(path_).tensors) {
        bytes += static_cast<std::int64_t>(tensor.clone().nbytes());
      }
      EXPECT_LT(bytes, static_cast<std::int64_t>(whole.size()));
    } catch (const Error&) {
    }
  }
}

TEST_F(SafetensorsTest, RefusesWhatIsNoFile) {
  EXPECT_NE(refusal(), "");
  path_ = std::filesystem::temp_directory_path();
  EXPECT_NE(refusal(), "");
  EXPECT_EQ(refusal().find("Success"), std::string::npos) << refusal();
  path_ = path_ / "noema_no_such_folder" / "file";
  EXPECT_NE(refusal().find("No such file"), std::string::npos);
}

TEST_F(SafetensorsTest, WritesOnlyTypesThatItReads) {
  EXPECT_THROW(write_safetensors(path_, {{"w", torch::ones({2}, torch::kComplexFloat)}}), Error);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(CheckFinite, NamesTheTensorThatIsNot) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  TensorMap tensors = {{"fine", torch::tensor({1.0f, -3e38f})}, {"ids", torch::ones({2}, torch::kInt64)}};
  EXPECT_NO_THROW(check_finite(tensors, "model"));
  tensors["none"] = torch::empty({0});
  EXPECT_NO_THROW(check_finite(tensors, "model"));
  for (const float bad : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16, torch::kFloat64}) {
      tensors["layers.0.weight"] = torch::tensor({1.0f, bad}).to(dtype);
      try {
        check_finite(tensors, "model");
        ADD_FAILURE() << "no error for " << bad;
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("model: tensor \"layers.0.weight\""), std::string::npos);
      }
    }
  }
}

TEST(CheckWeights, AcceptsWhatIsFiniteWhereModelsComputeAndNothingElse) {
  const double kMost = std::numeric_limits<c10::BFloat16>::max();
  const auto is_refused = [](const torch::Tensor& tensor) {
    try {
      check_weights({{"layers.0.weight", tensor}}, "model");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("model: tensor \"layers.0.weight\""), std::string::npos);
      return true;
    }
    return false;
  };
  for (const auto dtype : {torch::kFloat64, torch::kFloat32, torch::kBFloat16, torch::kFloat16}) {
    EXPECT_FALSE(is_refused(torch::tensor({1.0, -65504.0}, torch::kFloat64).to(dtype)));
    EXPECT_FALSE(is_refused(torch::empty({0, 3}, dtype)));
    for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
      EXPECT_TRUE(is_refused(torch::tensor({1.0, bad, 2.0}, torch::kFloat64).to(dtype)));
      EXPECT_TRUE(is_refused(torch::tensor({1.0, -bad, 2.0}, torch::kFloat64).to(dtype)));
    }
  }
  EXPECT_FALSE(is_refused(torch::full({4}, -kMost, torch::kFloat64)));
  EXPECT_TRUE(is_refused(torch::full({4}, -1.01 * kMost, torch::kFloat64)));                      // fits in F64 alone
  EXPECT_TRUE(is_refused(torch::full({4}, std::numeric_limits<float>::max(), torch::kFloat32)));  // not in bf16
  for (const auto dtype : {torch::kBool, torch::kUInt8, torch::kInt8, torch::kInt64}) {
    EXPECT_TRUE(is_refused(torch::ones({4}, dtype)));
  }
}

}  // namespace
}  // namespace noema
