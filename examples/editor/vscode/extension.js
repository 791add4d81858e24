// Starts `quire lsp` and shows what its checks say. Everything else is the server's.
const { window, workspace, commands } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;
let reports;

async function start() {
  const settings = workspace.getConfiguration('quire');
  const command = settings.get('path');
  const args = ['lsp', '--stdio', ...settings.get('arguments')];
  client = new LanguageClient('quire', 'Quire', { command, args }, {
    documentSelector: [{ language: 'quire' }],
    initializationOptions: { models: settings.get('models') },
    middleware: {
      // The report of a check goes to a panel of its own, which opens when the verdict is not the expected one.
      async executeCommand(name, argumentsOfIt, next) {
        const result = await next(name, argumentsOfIt);
        if (name === 'quire.check' && result && result.report) {
          reports.clear();
          reports.append(result.report);
          if (result.verdict !== 'as expected' && result.verdict !== 'cancelled') reports.show(true);
        }
        return result;
      },
    },
  });
  try {
    await client.start();
  } catch (error) {
    window.showErrorMessage(`Quire: '${command}' does not start (${error.message}); the setting quire.path names the program.`);
  }
}

async function activate(context) {
  reports = window.createOutputChannel('Quire checks');
  context.subscriptions.push(reports);
  context.subscriptions.push(commands.registerCommand('quire.restart', async () => {
    if (client) await client.stop().catch(() => undefined);
    await start();
  }));
  await start();
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
