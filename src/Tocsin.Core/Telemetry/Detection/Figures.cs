using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>Numbers and times as evidence tells them.</summary>
internal static class Figures
{
    public static string Of(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f'),
        >= 10 or 0 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 0.01 => value.ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##E0", CultureInfo.InvariantCulture),
    };

    public static string Of(double value, string unit) => unit.Length == 0 ? Of(value) : $"{Of(value)} {unit}";

    public static string Share(double share) => share.ToString("0.##", CultureInfo.InvariantCulture) is "0" && share > 0
        ? $"{Of(share * 100)} %"
        : $"{(share * 100).ToString("0.#", CultureInfo.InvariantCulture)} %";

    public static string Clock(long minute) => Minutes.At(minute).ToString("HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Short(string text, int most) =>
        text.ReplaceLineEndings(" ") is var line && line.Length <= most ? line : $"{line[..(char.IsHighSurrogate(line[most - 2]) ? most - 2 : most - 1)]}…";

    public static string Service(string service) => service.Length == 0 ? "a service without a name" : service;
}
