// Holds back the signals of this thread while it lives: the kernel gives up the verification of a program, with EAGAIN,
// as soon as one is pending, and a profiler sends thousands. Those of faults are not held back.
#ifndef NATIVE_SIGNAL_BLOCK_H_
#define NATIVE_SIGNAL_BLOCK_H_

#include <csignal>

class SignalBlock {
 public:
  SignalBlock() {
    sigset_t signals;
    sigfillset(&signals);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&signals, fault);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

#endif  // NATIVE_SIGNAL_BLOCK_H_
