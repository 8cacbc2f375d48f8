// Runs telegram-test-api, a Bot API implementation that is not ours: node independent.cjs PACKAGE PORT LOG
const [, , path, port, log] = process.argv;
const loaded = require(path);
const Server = loaded.default || loaded.TelegramServer || loaded;
const server = new Server({ port: Number(port), host: "127.0.0.1" });
const tokens = new Set();
server.start().then(() => {
  setInterval(() => {
    for (const message of server.storage.botMessages) tokens.add(message.botToken);
    const all = [...tokens].flatMap((token) => server.getUpdatesHistory(token));
    const lines = all.filter((one) => one.messageId).map((one) => JSON.stringify(one.message) + "\n");
    require("fs").writeFileSync(log, lines.join(""));
  }, 100);
});
