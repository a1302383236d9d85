"""Opens Fernet tokens as Python does: a line of JSON with keys and tokens in, a line with what each token holds, or null, out."""

import json
import sys

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

for line in sys.stdin:
    call = json.loads(line)
    reader = MultiFernet([Fernet(key) for key in call["keys"]])
    answers = []
    for token in call["tokens"]:
        try:
            answers.append(reader.decrypt(token.encode()).decode())
        except InvalidToken:
            answers.append(None)
    print(json.dumps(answers), flush=True)
