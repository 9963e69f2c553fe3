using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.OnCall;

/// <summary>How calendars that the estate names (`calendar` of schedules, `time_off_calendar` of users) are read. Section <c>Calendars</c>.</summary>
internal sealed class CalendarOptions
{
    /// <summary>How often each is asked for; one that failed is asked again after 2 minutes. Default 15 min, 1 min to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long one may take in all. Default 10 s, 100 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How large one may be; a larger one counts as failed. Default 1048576 bytes, 1024 to 16777216.</summary>
    [Range(1024, 16_777_216)]
    public int MaxBytes { get; set; } = 1_048_576;
}

[OptionsValidator]
internal sealed partial class CalendarOptionsValidator : IValidateOptions<CalendarOptions>;
