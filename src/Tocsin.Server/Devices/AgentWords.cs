namespace Tocsin.Devices;

/// <summary>What a browser says of itself, in words.</summary>
internal static class AgentWords
{
    /// <summary>"Firefox on Android"; what is not known is a browser.</summary>
    public static string NameOf(string agent) => $"{Browser(agent)} on {Platform(agent)}";

    public static bool IsApple(string agent) => Has(agent, "iPhone") || Has(agent, "iPad");

    public static bool IsAndroid(string agent) => Has(agent, "Android");

    // The order matters: each says that it is also those below.
    private static string Browser(string agent) =>
        Has(agent, "Firefox/") || Has(agent, "FxiOS/") ? "Firefox"
        : Has(agent, "Edg") ? "Edge"
        : Has(agent, "OPR/") ? "Opera"
        : Has(agent, "SamsungBrowser") ? "Samsung Internet"
        : Has(agent, "Chrome/") || Has(agent, "CriOS/") ? "Chrome"
        : Has(agent, "Safari/") || IsApple(agent) ? "Safari"
        : "Browser";

    private static string Platform(string agent) =>
        Has(agent, "iPhone") ? "iPhone"
        : Has(agent, "iPad") ? "iPad"
        : IsAndroid(agent) ? "Android"
        : Has(agent, "Windows") ? "Windows"
        : Has(agent, "Macintosh") ? "Mac"
        : Has(agent, "Linux") ? "Linux"
        : "another system";

    private static bool Has(string agent, string word) => agent.Contains(word, StringComparison.Ordinal);
}
