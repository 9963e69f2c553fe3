using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Audit;

/// <summary>How long the record of who did what is kept. Section <c>Audit</c>.</summary>
public sealed class AuditOptions
{
    /// <summary>Entries older than this many days are removed, once a day, and the chain says so. Default 400, 30 to 36500.</summary>
    [Range(30, 36_500)]
    public int RetentionDays { get; set; } = 400;
}

[OptionsValidator]
internal sealed partial class AuditOptionsValidator : IValidateOptions<AuditOptions>;
