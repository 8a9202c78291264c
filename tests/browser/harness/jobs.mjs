//! Pictures to ask for, as the app's fields are named: enough to be told apart, few enough to be waited for.

/// The smallest size that the app offers.
export const small = {
  prompt: 'a red apple',
  seed: '7',
  steps: 4,
  guidance: 3,
  width: 256,
  height: 256,
};

/// Seconds on any machine: long enough to be interrupted at once.
export const medium = { ...small, seed: '1', steps: 20, width: 1024, height: 1024 };

/// Long enough to look around meanwhile.
export const long = { ...medium, steps: 50, width: 2048, height: 2048 };
