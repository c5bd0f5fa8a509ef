#include "fdinfo.h"

#include <fstream>
#include <string>

uint64_t MemlockBytes(int fd) {
  std::ifstream file("/proc/self/fdinfo/" + std::to_string(fd));
  std::string key;
  while (file >> key) {
    uint64_t bytes = 0;
    if (key == "memlock:" && file >> bytes) return bytes;
    file.ignore(1024, '\n');
  }
  return 0;
}
