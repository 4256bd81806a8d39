#include "training/ranks/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "base/error.h"
#include "training/ranks/join.h"

namespace noema {
namespace {

using Clock = std::chrono::steady_clock;
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

constexpr int kBacklog = 1024;

class Socket {
 public:
  explicit Socket(const addrinfo& at)
      : descriptor_(::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC, at.ai_protocol)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

std::string place_of(const std::string& address, std::uint16_t port) { return address + ":" + std::to_string(port); }

Addresses resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (problem == 0) return {found, &::freeaddrinfo};
  throw Error({"MASTER_ADDR", "a name or number of the machine of rank 0",
               printable(address) + " (" + ::gai_strerror(problem) + ")", "check it, or give its number"});
}

template <typename Ask>
sockaddr_storage name_of(int socket, const Ask& ask) {
  sockaddr_storage name = {};
  socklen_t length = sizeof name;
  if (ask(socket, reinterpret_cast<sockaddr*>(&name), &length) == 0) return name;
  throw Error({"a socket", "an address", std::strerror(errno), ""});
}

std::string number_of(const sockaddr_storage& name) {
  char host[NI_MAXHOST] = "";
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&name), sizeof name, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

}  // namespace

int listen_on(const std::string& address, std::uint16_t port) {
  const Addresses addresses = resolve(address, port);
  Socket socket(*addresses);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) == 0 && ::listen(socket.get(), kBacklog) == 0) {
    return socket.release();
  }
  const bool taken = errno == EADDRINUSE;
  throw Error({place_of(address, port), "an address of this machine with a free port, for rank 0 to listen on",
               taken ? "a port in use" : std::strerror(errno),
               taken ? "choose another MASTER_PORT" : "check MASTER_ADDR"});
}

std::uint16_t port_of(int listener) {
  const sockaddr_storage name = name_of(listener, ::getsockname);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

std::string reach(const std::string& address, std::uint16_t port, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    const Addresses addresses = resolve(address, port);
    for (const addrinfo* at = addresses.get(); at; at = at->ai_next) {
      const Socket socket(*at);
      if (::connect(socket.get(), at->ai_addr, at->ai_addrlen) == 0)
        return number_of(name_of(socket.get(), ::getsockname));
    }
    if (Clock::now() > deadline) {
      throw Error({"rank 0",
                   "its store at " + place_of(address, port) + " within " + std::to_string(patience.count()) + " s",
                   std::strerror(errno), "start rank 0, and check MASTER_ADDR and MASTER_PORT"});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace noema
