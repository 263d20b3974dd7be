// Settings of the workbench under test: nothing that asks, animates, updates or covers what is looked at.
export const settings: Record<string, unknown> = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.reduceMotion': 'on',
  // Hovers would cover what is clicked next.
  'workbench.hover.delay': 100000,
  'editor.hover.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'debug.openDebug': 'openOnDebugBreak',
  'debug.internalConsoleOptions': 'neverOpen',
  'editor.accessibilitySupport': 'off',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  // Text of the terminal in the page, not on a canvas.
  'terminal.integrated.gpuAcceleration': 'off',
  'window.dialogStyle': 'custom',
};
