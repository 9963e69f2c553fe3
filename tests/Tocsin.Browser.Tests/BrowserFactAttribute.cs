namespace Tocsin.Browser.Tests;

/// <summary>
/// A test that needs a browser. Without one it is skipped with the reason, except where CI=true: there it fails.
/// <c>eng/test</c> sets both variables.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            return;
        }

        Skip = BrowserSettings.Missing;
    }
}
