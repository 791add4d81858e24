-- Quire for Neovim 0.8 or later: put the folders of ../vim into your runtime path for highlighting, and load this file:
--   require('quire').setup()                    -- as lua/quire.lua
--   require('quire').setup({ cmd = { '/opt/quire/bin/quire', 'lsp' }, models = { 'models' } })
local M = {}

function M.setup(options)
  options = options or {}
  vim.filetype.add({ extension = { quire = 'quire' } })
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'quire',
    callback = function(event)
      local name = vim.api.nvim_buf_get_name(event.buf)
      local marker = vim.fs.find({ 'quire.toml', '.git' }, { upward = true, path = vim.fs.dirname(name) })[1]
      vim.lsp.start({
        name = 'quire',
        cmd = options.cmd or { 'quire', 'lsp' },
        root_dir = marker and vim.fs.dirname(marker) or vim.fs.dirname(name),
        init_options = { models = options.models or {} },
        handlers = options.handlers,
      })
    end,
  })
  -- Verdicts stand beside the variants: refreshed while you work, run with vim.lsp.codelens.run().
  vim.api.nvim_create_autocmd({ 'LspAttach', 'BufEnter', 'CursorHold', 'InsertLeave' }, {
    pattern = '*.quire',
    callback = function()
      vim.lsp.codelens.refresh()
    end,
  })
end

return M
