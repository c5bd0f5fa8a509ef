// Tries what a kernel offers: Feature in src/native/libbpf.ts.
#ifndef NATIVE_FEATURE_PROBE_H_
#define NATIVE_FEATURE_PROBE_H_

#include <napi.h>

#include <string>

class FeatureProbe {
 public:
  // Throws a TypeError for a feature it does not know.
  explicit FeatureProbe(const Napi::Value& feature);

  // Empty where the feature is there, else the kernel's reason.
  std::string Try() const;

 private:
  std::string TryProgram() const;
  std::string TryHelper() const;
  std::string TryMap() const;
  std::string TryTracepoint() const;
  std::string TryRawTracepoint() const;
  std::string TryKprobe() const;
  std::string TryFentry() const;

  std::string kind_;
  std::string name_;
  int helper_ = 0;
};

#endif  // NATIVE_FEATURE_PROBE_H_
