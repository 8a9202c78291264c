//! Small pictures: enough to be told apart, few enough to be waited for.

/// As the app's fields are named; four steps at the default model's own size.
export const small = {
  prompt: 'a red apple',
  seed: '7',
  steps: 4,
  guidance: 3,
  width: 128,
  height: 128,
};

/// Long enough to be interrupted on any machine.
export const long = { ...small, seed: '1', steps: 50 };
