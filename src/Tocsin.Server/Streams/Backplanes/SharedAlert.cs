namespace Tocsin.Streams.Backplanes;

/// <summary>A published alert on its way to other programs.</summary>
/// <param name="Text">The JSON that the alert server of old would publish.</param>
/// <param name="Remaining">How long it stays the newest of its group.</param>
internal readonly record struct SharedAlert(string Group, byte[] Text, TimeSpan Remaining);

/// <summary>Where other programs hear alerts.</summary>
internal interface IAlertWire
{
    /// <exception cref="BackplaneLostException">Some may not have been heard.</exception>
    Task PublishAsync(IReadOnlyList<SharedAlert> alerts, CancellationToken ct);
}
