//! Small pictures: enough to be told apart, few enough to be waited for.

/// As the app's fields are named; the smallest size that the app offers.
export const small = {
  prompt: 'a red apple',
  seed: '7',
  steps: 4,
  guidance: 3,
  width: 256,
  height: 256,
};

/// Long enough to be interrupted on any machine.
export const long = { ...small, seed: '1', steps: 50 };
