"""Which drawings are learned worst, for drawing them more often.

A prediction's error depends on its time far more than on its drawing. So an error counts relative to the mean of its time,
and only early times count, where a picture is told from others. A drawing's hardness is a moving average of these ratios.
"""
import torch

LATEST = 0.3  # errors at later times are about details
BINS = 12  # of times, for their means
MEMORY = 0.8  # of a drawing's average, a sample; a drawing is seen a few times an hour at these times
TIME_MEMORY = 0.99  # of a time's mean, a batch
POWER, LEAST, MOST = 0.5, 0.5, 3.0  # factor = (hardness / median) ** POWER, limited


class Hardness:
    def __init__(self, drawings):
        """drawings: their number."""
        self.ratio, self.mean = torch.ones(drawings), torch.zeros(BINS)

    def note(self, drawing, t, error):
        """Of pictures drawn from text alone: the drawings [B], times [B] and mean square errors [B] of their predictions."""
        early = t < LATEST
        drawing, place, error = drawing[early], (t[early] / LATEST * BINS).long().clamp(max=BINS - 1), error[early]
        for k in place.unique().tolist():
            now = error[place == k].mean()
            self.mean[k] = now if self.mean[k] == 0 else self.mean[k].lerp(now, 1 - TIME_MEMORY)
        for at, ratio in zip(drawing.tolist(), (error / self.mean[place].clamp(min=1e-9)).tolist()):
            self.ratio[at] = MEMORY * self.ratio[at] + (1 - MEMORY) * min(ratio, 10.0)

    def factors(self, rows):
        """{look: {subject: factor}} for `World.reweigh`; rows: the drawings' look and subject, in order."""
        factor = (self.ratio / self.ratio.median()).pow(POWER).clamp(LEAST, MOST)
        out = {}
        for row, own in zip(rows, factor.tolist()):
            out.setdefault(row["look"], {})[row["subject"]] = own
        return out

    def state_dict(self):
        return {"ratio": self.ratio, "mean": self.mean}

    def load_state_dict(self, state):
        """Forgets it if the drawings are others now."""
        if len(state["ratio"]) == len(self.ratio):
            self.ratio, self.mean = state["ratio"], state["mean"]
