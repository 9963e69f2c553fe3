using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Notify;

/// <summary>How people are paged. Section <c>Paging</c>.</summary>
public sealed class PagingOptions
{
    /// <summary>
    /// Pages that one person gets by one method within a minute; the rest of the minute comes as one message "and N more". Webhooks
    /// have no limit. Default 20, 1 to 1000.
    /// </summary>
    [Range(1, 1000)]
    public int MaxPerMinute { get; set; } = 20;
}

[OptionsValidator]
internal sealed partial class PagingOptionsValidator : IValidateOptions<PagingOptions>;
