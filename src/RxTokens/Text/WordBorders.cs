namespace RxTokens;

/// <summary>Where a word ends.</summary>
public enum WordBorders
{
    /// <summary>At the default word borders of UAX #29: words, numbers, and each run of spaces or sign between them by itself.</summary>
    Unicode,

    /// <summary>Behind the white space that follows a word: for text that is to appear word by word.</summary>
    AfterSpace,
}
