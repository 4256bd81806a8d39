#include "base/file.h"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include "base/descriptor.h"
#include "base/error.h"

namespace noema {
namespace {

/// The digest under construction of one text after another.
class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

/// Calls use(bytes) for one piece of the file after another. A file that is too large is not read up to there.
template <typename Use>
void read_pieces(const std::filesystem::path& path, std::uint64_t max_bytes, const Use& use) {
  const Descriptor file = open_for_reading(path, "a readable file", Links::follow);
  const auto check_size = [&](std::uint64_t size) {
    if (size <= max_bytes) return;
    throw Error({path.string(), "at most " + std::to_string(max_bytes) + " bytes", "more", "choose another file"});
  };
  struct stat status = {};
  if (::fstat(file.number(), &status) == 0) check_size(static_cast<std::uint64_t>(status.st_size));
  std::string buffer(1 << 20, '\0');
  for (std::uint64_t size = 0;;) {
    const ssize_t got = ::read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error({path.string(), "a readable file", std::strerror(errno), ""});
    if (got == 0) return;
    check_size(size += static_cast<std::uint64_t>(got));
    use(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::string content;
  read_pieces(path, max_bytes, [&](std::string_view piece) { content += piece; });
  return content;
}

std::string sha256(std::string_view content) {
  Sha256 digest;
  digest.add(content);
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  Sha256 digest;
  read_pieces(path, std::numeric_limits<std::uint64_t>::max(), [&](std::string_view piece) { digest.add(piece); });
  return digest.hex();
}

nlohmann::json read_json(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

}  // namespace noema
