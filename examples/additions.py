"""Additions of numbers as text, '17+58' -> '75 ': an LSTM reads the question, another writes the answer.

    cd examples
    python additions.py additions.keras
    mcuprune build additions.keras --board stm32f405 --data additions:data --sparsity 0.8

The encoder's last output is repeated for every character of the answer, as what the decoder begins with and sees at
every step: TFLite's LSTM cannot be given a state.  Questions are read backwards, units first, as people add.
"""

import sys

import numpy as np

CHARACTERS = "0123456789+ "
LARGEST, QUESTION, ANSWER = 99, 5, 3  # number, characters, characters
UNITS, EPOCHS, BATCH, RATE = 64, 60, 128, 5e-3


def data():
    """Every addition of two numbers up to 99; one in ten is for the test.

    x: one-hot, float32 [n, 5, 12]; y: places in CHARACTERS, int64 [n, 3]
    """
    pairs = [(a, b) for a in range(LARGEST + 1) for b in range(LARGEST + 1)]
    questions = np.array([encode(f"{a}+{b}".rjust(QUESTION)[::-1]) for a, b in pairs])
    answers = np.array([encode(str(a + b).ljust(ANSWER)) for a, b in pairs])
    x = np.eye(len(CHARACTERS), dtype=np.float32)[questions]
    order = np.random.default_rng(0).permutation(len(pairs))
    test, train = np.split(order, [len(pairs) // 10])
    return (x[train], answers[train]), (x[test], answers[test])


def encode(text: str) -> list[int]:
    return [CHARACTERS.index(character) for character in text]


def decode(codes: np.ndarray) -> str:
    return "".join(CHARACTERS[code] for code in codes)


def network():
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((QUESTION, len(CHARACTERS))),
            layers.LSTM(UNITS, name="reader"),
            layers.RepeatVector(ANSWER, name="thought"),
            layers.LSTM(UNITS, return_sequences=True, name="writer"),
            layers.Dense(len(CHARACTERS), activation="softmax", name="character"),
        ],
        name="additions",
    )


def main(path: str) -> None:
    import keras

    keras.utils.set_random_seed(0)
    (x, y), (x_test, y_test) = data()
    model = network()
    steps = EPOCHS * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE / 10, steps, warmup_target=RATE, warmup_steps=steps // 20)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, BATCH, EPOCHS, verbose=2)
    answers = model.predict(x_test, verbose=0).argmax(-1)
    print(f"{(answers == y_test).mean():.2%} of the characters, {(answers == y_test).all(1).mean():.2%} of the sums")  # noqa: T201
    model.save(path)


if __name__ == "__main__":
    main(sys.argv[1])
