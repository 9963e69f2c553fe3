namespace Tocsin.Browser.Tests;

/// <summary>Where the browser and the accessibility rules are; both come from the environment that <c>eng/test</c> prepares.</summary>
internal static class BrowserSettings
{
    private const string ChromiumVariable = "TOCSIN_TEST_CHROMIUM";
    private const string AxeVariable = "TOCSIN_TEST_AXE";

    public static string Chromium => Required(ChromiumVariable);

    public static string Axe => Required(AxeVariable);

    /// <summary>Why browser tests can't run here; null when they can.</summary>
    public static string? Missing => new[] { ChromiumVariable, AxeVariable }
        .FirstOrDefault(name => !File.Exists(Environment.GetEnvironmentVariable(name))) is { } name
            ? $"{name} does not name a file; eng/test finds or installs it."
            : null;

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } path
            ? path
            : throw new InvalidOperationException($"{name} is not set; run eng/test.");
}
