namespace Tocsin.Providers;

/// <summary>What a provider says of itself; forms, docs and error texts are drawn from it.</summary>
/// <param name="Id">Stable; appears in URLs and YAML.</param>
/// <param name="Settings">Every setting that the provider reads; any other key is an error.</param>
internal sealed record ProviderInfo(string Id, string Name, Uri Docs, IReadOnlyList<ProviderSetting> Settings)
{
    /// <summary>
    /// It reaches devices that people register themselves while the server runs: never a channel, and whether anything is reached is known
    /// only where the devices are.
    /// </summary>
    public bool ByDevices { get; init; }

    /// <summary>It rings a telephone, so that it can wake somebody.</summary>
    public bool Rings { get; init; }
}

/// <param name="Secret">Write-only in UI and API, masked everywhere.</param>
/// <param name="Help">One sentence with unit, range and default.</param>
/// <param name="App">
/// Belongs to the app that the operator set up there, not to one recipient: it is entered once, in a channel, and others take it from there
/// (<see cref="From"/>), all such settings together.
/// </param>
internal sealed record ProviderSetting(string Key, string Help, bool Required = false, bool Secret = false, bool App = false)
{
    public const string FromKey = "from";

    /// <summary>Every provider with <see cref="App"/> settings has it.</summary>
    /// <param name="what">What the channel has: "bot token".</param>
    public static ProviderSetting From(string what) =>
        new(FromKey, $"The name of the channel of this type whose {what} is used, instead of one given here. Default: the only such channel.");

    /// <summary>Every notifier has it: whether this method also gets what happens after a page.</summary>
    public static ProviderSetting Updates(string byDefault) =>
        new("updates", $"yes or no: whether news besides pages comes this way too (acknowledged, resolved, more alerts). Default: {byDefault}.");
}
